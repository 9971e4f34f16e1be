import xml.etree.ElementTree as ET

import pytest

from ivr.carrier import twiml
from ivr.errors import CarrierError

AWKWARD = "a<b>&\"'\x00\x0b\ud800\ufffe"


def verbs(text: str) -> list[ET.Element]:
    root = ET.fromstring(text.encode())
    assert root.tag == "Response"
    return list(root)


def test_a_stream_and_the_way_back_when_it_ends() -> None:
    connect, redirect = verbs(twiml.connect_stream("wss://x/media", "to&ken", "https://x/resume?a=1&b=2"))
    (stream,) = connect
    (parameter,) = stream
    assert (connect.tag, connect.attrib) == ("Connect", {})
    assert (stream.tag, stream.attrib) == ("Stream", {"url": "wss://x/media"})
    assert (parameter.tag, parameter.attrib) == ("Parameter", {"name": "token", "value": "to&ken"})
    assert (redirect.tag, redirect.attrib, redirect.text) == (
        "Redirect",
        {"method": "POST"},
        "https://x/resume?a=1&b=2",
    )


def test_busy_and_hang_up() -> None:
    (reject,) = verbs(twiml.busy())
    assert (reject.tag, reject.attrib) == ("Reject", {"reason": "busy"})
    (hang_up,) = verbs(twiml.hang_up())
    assert (hang_up.tag, hang_up.attrib) == ("Hangup", {})


def test_dial_a_number() -> None:
    (dial,) = verbs(twiml.dial("+15551234567", "https://x/t", caller_id="+15557654321", ring_s=20, time_limit_s=3600))
    (number,) = dial
    assert dial.attrib == {
        "action": "https://x/t",
        "method": "POST",
        "timeout": "20",
        "timeLimit": "3600",
        "callerId": "+15557654321",
    }
    assert (number.tag, number.text) == ("Number", "+15551234567")


def test_dial_a_sip_address() -> None:
    (dial,) = verbs(twiml.dial("sip:desk@pbx.example.com;transport=tls", "https://x/t"))
    (sip,) = dial
    assert (sip.tag, sip.text) == ("Sip", "sip:desk@pbx.example.com;transport=tls")
    assert dial.get("timeLimit") is not None


@pytest.mark.parametrize("caller_id", ["anonymous", "", "+0", AWKWARD])
def test_a_caller_without_a_number_is_not_shown(caller_id: str) -> None:
    (dial,) = verbs(twiml.dial("+15551234567", "https://x/t", caller_id=caller_id))
    assert "callerId" not in dial.attrib


@pytest.mark.parametrize(
    "target",
    [
        "5551234567",
        "+0555",
        "+1555123456789012",
        "911",
        "",
        "tel:+15551234567",
        "+1555123\n4567",
        "sip:a b",
        "client:x",
    ],
)
def test_nothing_but_a_number_or_a_sip_address_is_dialled(target: str) -> None:
    with pytest.raises(CarrierError) as caught:
        twiml.dial(target, "https://x/t")
    assert target == "" or target not in str(caught.value)


def test_an_apology_is_said_whatever_it_holds() -> None:
    say, hang_up = verbs(twiml.apology(AWKWARD, language="de-DE"))
    assert say.attrib == {"language": "de-DE"}
    assert say.text is not None and say.text.startswith("a<b>&\"'")
    assert hang_up.tag == "Hangup"
