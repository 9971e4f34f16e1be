"""TwiML as verbs."""

import pytest

from ivr.sim import twiml


def test_a_document_is_read_in_order() -> None:
    document = twiml.read(
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="/after"><Stream url="wss://h/media" name="n">'
        '<Parameter name="token" value="a&amp;b"/></Stream></Connect><Redirect method="GET">/twilio/resume</Redirect>'
        '<Dial action="/t"><Number>+15550107788</Number><Sip>sip:a@b</Sip></Dial><Pause length="2"/>'
        '<Reject reason="busy"/><Hangup/></Response>'
    )
    assert document.faults == ()
    assert document.verbs == (
        twiml.Connect("wss://h/media", (("token", "a&b"),), "n", None, "/after", "POST"),
        twiml.Redirect("/twilio/resume", "GET"),
        twiml.Dial(("+15550107788", "sip:a@b"), "/t", "POST"),
        twiml.Pause(2.0),
        twiml.Reject("busy"),
        twiml.Hangup(),
    )


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ("<Connect/>", 12200),
        ('<Connect><Stream url="wss://h/m" track="both_tracks"/></Connect>', 31941),
        ('<Connect><Stream url="wss://h/m" token="t"/></Connect>', 12200),
        ('<Connect><Stream url="wss://h/m"><Parameter name="" value="v"/></Stream></Connect>', 12200),
        (f'<Connect><Stream url="wss://h/m"><Parameter name="n" value="{"v" * 500}"/></Stream></Connect>', 12200),
        ("<Dial><Queue>line</Queue></Dial>", 12200),
        ("<Dial><Conference></Conference></Dial>", 12200),
        ('<Gather input="voice"><Say>Hello</Say></Gather>', 12200),
        ("<Enqueue/>", 12200),
    ],
)
def test_what_the_carrier_would_not_take_is_a_fault(verbs: str, code: int) -> None:
    assert [at for at, _ in twiml.read(f"<Response>{verbs}</Response>").faults] == [code]
