import base64
import json

from ivr.wire import encode

AWKWARD = 'a"b\\c\n\u2028é'


def test_media_has_exactly_the_fields_twilio_knows() -> None:
    sound = bytes(range(256))
    assert json.loads(encode.media("MZ1", sound)) == {
        "event": "media",
        "streamSid": "MZ1",
        "media": {"payload": base64.b64encode(sound).decode()},
    }


def test_mark_and_clear_have_exactly_the_fields_twilio_knows() -> None:
    assert json.loads(encode.mark("MZ1", "1.2")) == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "1.2"}}
    assert json.loads(encode.clear("MZ1")) == {"event": "clear", "streamSid": "MZ1"}


def test_names_and_ids_cannot_break_out_of_their_quotes() -> None:
    assert json.loads(encode.mark(AWKWARD, AWKWARD)) == {
        "event": "mark",
        "streamSid": AWKWARD,
        "mark": {"name": AWKWARD},
    }
    assert json.loads(encode.media(AWKWARD, b""))["streamSid"] == AWKWARD
    assert json.loads(encode.clear(AWKWARD))["streamSid"] == AWKWARD
