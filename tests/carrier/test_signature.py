import hashlib

import pytest

from ivr.carrier import LoopbackOnly, TwilioSignature
from ivr.carrier.ports import Fields
from ivr.carrier.signature import shared_key_signature

BOT = "https://bot.example.com"
TOKEN = "12345"
THREE = (("CallSid", "CA1234567890ABCDE"), ("From", "+12349013030"), ("To", "+18005551212"))
FIVE = (*THREE, ("Caller", "+12349013030"), ("Digits", "1234"))
JSON = b'{"CallSid":"CA1234567890ABCDE","Caller":"+12349013030"}'
HASHED = "/myapp?bodySHA256=5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9"
SIGNED = "eQocnNhW1dH0a4mVHFhgzeYTA2c="


def signature(*tokens: str, public_url: str = BOT) -> TwilioSignature:
    return TwilioSignature(public_url, tokens or (TOKEN,))


def headers(signed: str) -> dict[str, str]:
    return {"X-Twilio-Signature": signed}


@pytest.mark.parametrize(
    ("public_url", "target", "fields", "body", "signed"),
    [
        (BOT, "/voice", THREE, None, SIGNED),
        (BOT, "/voice", (), None, "m9HAUrDwJSL0pjGwLPV4CmAO/U4="),
        (BOT, "/voice", (("A", "b"), ("A", "a"), ("A", "b")), None, "qc2Jx2KFlBTlF0QihxHp8xNm1q0="),
        ("https://mycompany.com", "/myapp.php?foo=1&bar=2", FIVE, None, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("https://example.com", HASHED, (), JSON, "hPXmLwIy3Fgqv1i9KPmH/HhQ6zo="),
    ],
)
def test_known_signatures_of_webhooks(
    public_url: str, target: str, fields: Fields, body: bytes | None, signed: str
) -> None:
    proof = signature(public_url=public_url)
    assert proof.verify_webhook(target, fields, headers(signed), body)
    assert not proof.verify_webhook(target, fields, headers(signed[:-2] + "A="), body)
    assert not TwilioSignature(public_url, ("another",)).verify_webhook(target, fields, headers(signed), body)


@pytest.mark.parametrize("signed", ["/wAl+WqMkvPvBcVutOs5CBheh4o=", "f0GK/9EAuNavCJjNxnbDtImedyg="])
@pytest.mark.parametrize("target", ["/media", "/media/"])
def test_known_signatures_of_the_upgrade_with_and_without_a_slash(signed: str, target: str) -> None:
    assert signature().verify_upgrade(target, headers(signed))


def test_known_signature_with_a_shared_key() -> None:
    signed = "PAkxjNV/E5XQ+tTNkdKSUGkgXWzjWZ6hST1yt5k5l9I="
    assert shared_key_signature(f"{BOT}/voice", THREE, TOKEN) == signed


def test_a_request_signed_with_a_shared_key_is_refused() -> None:
    given = {
        **headers("PAkxjNV/E5XQ+tTNkdKSUGkgXWzjWZ6hST1yt5k5l9I="),
        "X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256",
    }
    assert not signature().verify_webhook("/voice", THREE, given)
    given["X-Twilio-Webhooks-Signature-Settings"] = "key=k,algorithm=HMAC_SHA1"
    assert not signature().verify_webhook("/voice", THREE, given)


def test_the_header_is_found_in_any_case() -> None:
    assert signature().verify_webhook("/voice", THREE, {"x-twilio-signature": SIGNED})
    assert signature().verify_webhook("/voice", THREE, {"X-TWILIO-SIGNATURE": SIGNED})


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("/voice/", THREE),
        ("/voice?x=1", THREE),
        ("/Voice", THREE),
        ("/other", THREE),
        ("voice", THREE),
        ("//evil.example.com/voice", THREE),
        (".evil.example.com/voice", THREE),
        ("/voice", THREE[:2]),
        ("/voice", (*THREE, ("Extra", ""))),
        ("/voice", (*THREE[:2], ("To", "+18005551213"))),
        ("/voice", (*THREE, ("To", "+19005551212"))),
        ("/voice", (*THREE[:2], ("To", "\ud800"))),
    ],
)
def test_what_was_not_signed_is_refused(target: str, fields: Fields) -> None:
    assert not signature().verify_webhook(target, fields, headers(SIGNED))


@pytest.mark.parametrize("given", ["", "=", "é", "\ud800", SIGNED + " ", SIGNED.lower()])
def test_a_broken_signature_is_refused(given: str) -> None:
    assert not signature().verify_webhook("/voice", THREE, headers(given))
    assert not signature().verify_upgrade("/media", headers(given))


def test_no_signature_is_refused() -> None:
    assert not signature().verify_webhook("/voice", THREE, {})
    assert not signature().verify_upgrade("/media", {})


def test_the_order_of_fields_and_doubled_fields_change_nothing() -> None:
    assert signature().verify_webhook("/voice", tuple(reversed(THREE)), headers(SIGNED))
    assert signature().verify_webhook("/voice", THREE * 2, headers(SIGNED))


def test_the_host_of_the_request_plays_no_part() -> None:
    given = {**headers(SIGNED), "Host": "bot.example.com", "X-Forwarded-Host": "bot.example.com"}
    assert not signature(public_url="https://other.example.com").verify_webhook("/voice", THREE, given)


def test_the_default_port_may_be_there_or_not() -> None:
    with_port = signature(public_url=f"{BOT}:443")
    assert with_port.verify_webhook("/voice", THREE, headers(SIGNED))
    assert with_port.verify_upgrade("/media", headers("/wAl+WqMkvPvBcVutOs5CBheh4o=")) is False


def test_while_a_token_is_changed_both_are_good() -> None:
    assert signature("new", TOKEN).verify_webhook("/voice", THREE, headers(SIGNED))
    assert signature(TOKEN, "new").verify_webhook("/voice", THREE, headers(SIGNED))
    assert not signature("new", "newer").verify_webhook("/voice", THREE, headers(SIGNED))


@pytest.mark.parametrize("tokens", [(), ("",)])
def test_without_a_token_nothing_passes(tokens: tuple[str, ...]) -> None:
    proof = TwilioSignature(BOT, tokens)
    assert not proof.verify_webhook("/voice", THREE, headers(SIGNED))
    assert not proof.verify_upgrade("/media", headers("/wAl+WqMkvPvBcVutOs5CBheh4o="))


def test_a_body_that_is_not_the_one_hashed_is_refused() -> None:
    proof = signature(public_url="https://example.com")
    given = headers("hPXmLwIy3Fgqv1i9KPmH/HhQ6zo=")
    assert not proof.verify_webhook(HASHED, (), given, JSON + b" ")
    assert not proof.verify_webhook("/myapp", (), given, JSON)
    assert not proof.verify_webhook(f"{HASHED}&bodySHA256={hashlib.sha256(b'x').hexdigest()}", (), given, b"x")


def test_a_body_signed_as_if_it_were_empty_is_refused() -> None:
    """A captured GET may not be sent again with a body of one's own."""
    assert not signature().verify_webhook("/voice", (), headers("m9HAUrDwJSL0pjGwLPV4CmAO/U4="), b'{"CallSid":"CA1"}')


def test_on_loopback_without_a_token_all_pass() -> None:
    assert LoopbackOnly().verify_webhook("/voice", THREE, {})
    assert LoopbackOnly().verify_upgrade("/media", {})
