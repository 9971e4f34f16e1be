"""What the carrier would refuse is refused."""

import base64
import json

import pytest

from ivr.sim.strict import Clear, Mark, Refused, Sound, read

SID = "MZ" + "a" * 32
SOUND = base64.b64encode(b"\xff" * 160).decode()


def message(**fields: object) -> str:
    return json.dumps(fields)


def test_exact_messages_are_taken() -> None:
    assert read(message(event="media", streamSid=SID, media={"payload": SOUND}), SID) == Sound(b"\xff" * 160)
    assert read(message(event="mark", streamSid=SID, mark={"name": "m1"}), SID) == Mark("m1")
    assert read(message(event="clear", streamSid=SID), SID) == Clear()


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "[]",
        "{",
        message(event="media", media={"payload": SOUND}),
        message(event="media", streamSid="MZ" + "b" * 32, media={"payload": SOUND}),
        message(event="media", streamSid=SID, media={"payload": SOUND, "track": "outbound"}),
        message(event="media", streamSid=SID, media={"payload": SOUND}, sequenceNumber="1"),
        message(event="media", streamSid=SID, media={}),
        message(event="media", streamSid=SID, media=SOUND),
        message(event="media", streamSid=SID, media={"payload": "not base64!"}),
        message(event="media", streamSid=SID, media={"payload": ""}),
        message(event="media", streamSid=SID, media={"payload": 5}),
        message(event="mark", streamSid=SID),
        message(event="mark", streamSid=SID, mark={"name": ""}),
        message(event="mark", streamSid=SID, mark={"name": "m", "id": 1}),
        message(event="clear", streamSid=SID, clear={}),
        message(event="hangup", streamSid=SID),
        message(event=None, streamSid=SID),
        message(event="clear", streamSid=SID).replace("{", '{"event": "clear", ', 1),
    ],
)
def test_inexact_text_is_refused_as_31951(text: str) -> None:
    refused = read(text, SID)
    assert isinstance(refused, Refused)
    assert refused.code == 31951


def test_binary_is_refused_as_31950() -> None:
    refused = read(b"\xff" * 160, SID)
    assert isinstance(refused, Refused)
    assert refused.code == 31950


def test_a_container_header_is_played_but_named() -> None:
    payload = base64.b64encode(b"RIFF" + bytes(156)).decode()
    sound = read(message(event="media", streamSid=SID, media={"payload": payload}), SID)
    assert isinstance(sound, Sound)
    assert sound.container == "WAV"
