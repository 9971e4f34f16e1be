import json
from collections.abc import Callable
from typing import Any

import pytest

from ivr.wire import (
    BadMessage,
    Connected,
    KeyPressed,
    MarkReturned,
    MediaFrame,
    Started,
    Stopped,
    Unknown,
    binary,
    decode,
)


def test_connected() -> None:
    assert decode('{"event":"connected","protocol":"Call","version":"1.0.0"}') == Connected("Call", "1.0.0")


def test_start(start_text: dict[str, Any]) -> None:
    assert decode(json.dumps(start_text)) == Started(
        stream_sid="MZ" + "a" * 32,
        call_sid="CA" + "b" * 32,
        account_sid="AC" + "c" * 32,
        tracks=("inbound",),
        custom_parameters={"token": "secret"},
        encoding="audio/x-mulaw",
        rate_hz=8000,
        channels=1,
        sequence=1,
    )


def test_media_is_decoded_to_mulaw(media_text: Callable[..., str]) -> None:
    sound = bytes(range(160))
    assert decode(media_text(3, mulaw=sound)) == MediaFrame(4, 3, 40, sound, "inbound", "MZ" + "a" * 32)
    assert decode(media_text(3, mulaw=sound).encode()) == decode(media_text(3, mulaw=sound))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 159, 161, 8000, 40000])
def test_any_length_of_sound(media_text: Callable[..., str], length: int) -> None:
    message = decode(media_text(1, mulaw=b"\x7f" * length))
    assert isinstance(message, MediaFrame) and len(message.payload) == length


def test_key_mark_and_stop() -> None:
    key = '{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"#"}}'
    assert decode(key) == KeyPressed("#", 5, "MZ1")
    assert decode('{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"g1"}}') == MarkReturned(
        "g1", 4, "MZ1"
    )
    stop = '{"event":"stop","sequenceNumber":"9","streamSid":"MZ1","stop":{"accountSid":"AC","callSid":"CA"}}'
    assert decode(stop) == Stopped(9, "MZ1")


def test_numbers_may_be_numbers_or_text() -> None:
    as_numbers = '{"event":"media","sequenceNumber":4,"media":{"chunk":3,"timestamp":40,"payload":"fw=="}}'
    as_text = '{"event":"media","sequenceNumber":"4","media":{"chunk":"3","timestamp":"40","payload":"fw=="}}'
    assert decode(as_numbers) == decode(as_text) == MediaFrame(4, 3, 40, b"\x7f")
    assert decode('{"event":"dtmf","dtmf":{"digit":7}}') == KeyPressed("7")


def test_rate_and_parameters_may_be_text_or_numbers(start_text: dict[str, Any]) -> None:
    start_text["start"]["mediaFormat"] = {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}
    start_text["start"]["customParameters"] = {"token": "t", "n": 5, "yes": True}
    message = decode(json.dumps(start_text))
    assert isinstance(message, Started)
    assert (message.rate_hz, message.channels) == (8000, 1)
    assert message.custom_parameters == {"token": "t", "n": "5", "yes": "true"}


def test_unknown_fields_and_events_are_let_through(media_text: Callable[..., str]) -> None:
    plain = json.loads(media_text(1))
    assert decode(json.dumps({**plain, "new": {"a": [1]}, "media": {**plain["media"], "gain": 3}})) == decode(
        media_text(1)
    )
    assert decode('{"event":"weather","sequenceNumber":"7","sun":true}') == Unknown("weather", 7)
    assert decode('{"event":"weather","sequenceNumber":{}}') == Unknown("weather", None)


@pytest.mark.parametrize(
    ("text", "close_code"),
    [
        ("hello", 1007),
        ("", 1007),
        ("{", 1007),
        ('{"event":"media"} {}', 1007),
        (b'{"event":"\xff"}', 1007),
        ('{"event":"\ud800"}', 1007),
        ('{"a":' + "[" * 60000, 1007),
        ("[]", 1008),
        ("17", 1008),
        ("null", 1008),
        ('{"eventType":"media"}', 1008),
        ('{"event":7}', 1008),
        ('{"event":"media"}', 1008),
        ('{"event":"media","media":{}}', 1008),
        ('{"event":"media","media":{"payload":"@@@@"}}', 1008),
        ('{"event":"media","media":{"payload":"fw==","chunk":"three"}}', 1008),
        ('{"event":"media","media":{"payload":"fw==","timestamp":-20}}', 1008),
        ('{"event":"media","media":{"payload":"fw==","timestamp":"99999999999999999999"}}', 1008),
        ('{"event":"mark","mark":{}}', 1008),
        ('{"event":"dtmf","dtmf":{"digit":"12"}}', 1008),
        ('{"event":"dtmf","dtmf":{"digit":""}}', 1008),
        ('{"event":"dtmf","dtmf":{"digit":"E"}}', 1008),
        ('{"event":"start","start":{}}', 1008),
        ('{"event":"start","streamSid":"MZ","start":{"callSid":"../../etc/passwd"}}', 1008),
        ('{"event":"start","streamSid":"MZ","start":{"callSid":"CA\\n"}}', 1008),
        ('{"event":"start","streamSid":"","start":{"callSid":"CA"}}', 1008),
        ('{"event":"start","streamSid":"MZ1","start":{"callSid":"CA","streamSid":"MZ2"}}', 1008),
        ('{"event":"x","a":"' + "a" * 65536 + '"}', 1009),
        (b" " * 65537, 1009),
    ],
)
def test_bad_messages_name_their_close_code(text: str | bytes, close_code: int) -> None:
    with pytest.raises(BadMessage) as caught:
        decode(text)
    assert caught.value.close_code == close_code


def test_what_was_sent_is_not_in_the_error() -> None:
    with pytest.raises(BadMessage) as caught:
        decode('{"event":"dtmf","dtmf":{"digit":"4929123412341234"}}')
    assert "4929" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_binary_message_closes_with_1003() -> None:
    assert binary().close_code == 1003
