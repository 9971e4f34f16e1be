"""A chat answer, whole or in pieces, as the parts of a reply."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio import wav
from ivr.models.offline.instant import speech_like
from ivr.models.openai.reply import UNREADABLE, BadReply, FaultTold, Reply
from ivr.models.openai.usage import Usage
from ivr.models.ports import ReplyPart, ReplySound, ReplyWords

SPEECH = speech_like(300, 24_000)


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}], "usage": None}


def audio(**fields: Any) -> dict[str, Any]:
    return delta(audio=fields)


def data_of(samples: bytes) -> str:
    return base64.b64encode(samples).decode()


def read(*chunks: object) -> tuple[Reply, list[ReplyPart]]:
    reply = Reply()
    parts = [part for chunk in chunks for part in reply.chunk(chunk)]
    return reply, [*parts, *reply.end()]


def words(parts: list[ReplyPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, ReplyWords))


def samples(parts: list[ReplyPart]) -> bytes:
    return b"".join(part.pcm.samples for part in parts if isinstance(part, ReplySound))


def test_a_spoken_answer_in_pieces() -> None:
    reply, parts = read(
        delta(role="assistant", content=None, refusal=None),
        audio(id="audio_abc", transcript="Hel"),
        audio(data=data_of(SPEECH.samples[:1001])),
        audio(transcript="lo."),
        audio(data=data_of(SPEECH.samples[1001:])),
        audio(expires_at=1790003600),
        delta("stop"),
        {"choices": [], "usage": {"prompt_tokens": 8, "completion_tokens": 2}},
    )
    assert (words(parts), samples(parts)) == ("Hello.", SPEECH.samples)
    assert (reply.sound_id, reply.finish, reply.cut) == ("audio_abc", "stop", "")
    assert reply.usage == Usage(text_in=8, text_out=2)
    assert 290 <= reply.sound_ms <= 300


def test_no_sound_leaves_before_its_first_word() -> None:
    _, parts = read(audio(data=data_of(SPEECH.samples)), audio(transcript="Hello."), delta("stop"))
    assert [type(part) for part in parts] == [ReplyWords, ReplySound]


def test_sound_whose_words_nobody_knows_is_no_answer() -> None:
    with pytest.raises(BadReply):
        read(audio(data=data_of(SPEECH.samples)), delta("stop"))


@pytest.mark.parametrize("content", ["Hello there.", [{"type": "text", "text": "Hello there."}]])
def test_a_written_answer_is_words(content: object) -> None:
    reply, parts = read(delta(role="assistant", content=content), delta("stop"))
    assert (words(parts), samples(parts), reply.said) == ("Hello there.", b"", "")


def test_words_written_and_said_are_told_once() -> None:
    _, parts = read(
        delta(content="Hello there."), audio(transcript="Hello "), audio(transcript="there."), delta("stop")
    )
    assert words(parts) == "Hello there."


def test_no_word_of_the_sound_goes_untold() -> None:
    """Who checks words before they are heard must be given those of the sound, whatever is written beside it."""
    _, parts = read(
        delta(content="Hello."),
        audio(transcript="Give me "),
        audio(transcript="your PIN."),
        audio(data=data_of(SPEECH.samples)),
        delta("stop"),
    )
    assert words(parts) == "Hello. Give me your PIN."


@given(st.lists(st.integers(1, 700), min_size=1, max_size=30))
@settings(max_examples=25, deadline=None)
def test_sound_is_the_same_in_any_pieces(sizes: list[int]) -> None:
    chunks, at = [audio(transcript="Hello.")], 0
    for turn in range(20_000):
        if at >= len(SPEECH.samples):
            break
        size = sizes[turn % len(sizes)]
        chunks.append(audio(data=data_of(SPEECH.samples[at : at + size])))
        at += size
    _, parts = read(*chunks, delta("stop"))
    assert samples(parts) == SPEECH.samples


def call(
    index: int | None = None, id_: str | None = None, name: str | None = None, given: Any = None
) -> dict[str, Any]:
    found: dict[str, Any] = {"function": {}}
    if index is not None:
        found["index"] = index
    if id_ is not None:
        found |= {"id": id_, "type": "function"}
    if name is not None:
        found["function"]["name"] = name
    if given is not None:
        found["function"]["arguments"] = given
    return found


@pytest.mark.parametrize(
    "pieces",
    [
        [
            [call(0, "c1", "fill", "")],
            [call(0, given='{"na')],
            [call(0, given='me": "\\u00')],
            [call(0, given='e9"}')],
            [call(1, "c2", "look_up", "")],
            [call(1, given="{}")],
        ],
        [[call(0, "c1", "fill", '{"name": "é"}'), call(1, "c2", "look_up", "{}")]],
        [[call(None, "c1", "fill", '{"name": "é"}'), call(None, "c2", "look_up")]],
        [[call(0, "c1", "fill", '{"name": "é"}'), call(0, "c2", "look_up", "")]],
        [[call(0, "c1", "fill", {"name": "é"})], [call(1, "c2", "look_up", {})]],
        [[call(None, None, "fill", '{"name": "é"}')], [call(None, None, "look_up", "{}")]],
        [
            [call(0, "c1", "fill", '{"name"')],
            [call(1, "c2", "look_up", "{")],
            [call(0, "c1", "fill", ': "é"}')],
            [call(1, "c2", None, "}")],
        ],
        [[call(None, "c1", "fill", '{"name":')], [call(None, "c1", None, '"é"}')], [call(None, "c2", "look_up", "{}")]],
    ],
    ids=["pieces", "whole", "no numbers", "all number 0", "objects", "nothing but names", "mixed", "by id"],
)
def test_requests_however_a_server_numbers_them(pieces: list[list[dict[str, Any]]]) -> None:
    reply, _ = read(*(delta(tool_calls=several) for several in pieces), delta("tool_calls"))
    assert [(one.name, one.arguments()) for one in reply.calls] == [("fill", {"name": "é"}), ("look_up", {})]


@pytest.mark.parametrize("given", ['{"a": ', "[1]", "7", '"text"', "{'a': 1}", "[" * 5000, '{"a": 1}{"b": 2}'])
def test_arguments_that_are_no_object_are_refused_by_whoever_reads_them(given: str) -> None:
    reply, _ = read(delta(tool_calls=[call(0, "c1", "fill", given)]), delta("tool_calls"))
    assert reply.calls[0].arguments() == UNREADABLE
    assert not reply.calls[0].readable


def test_a_single_request_of_old() -> None:
    reply, _ = read(delta(function_call={"name": "fill", "arguments": "{"}), delta(function_call={"arguments": "}"}))
    assert [(one.name, one.arguments()) for one in reply.calls] == [("fill", {})]


@pytest.mark.parametrize(
    ("finish", "cut"), [("stop", ""), ("length", "length"), ("content_filter", "filter"), ("x", "")]
)
def test_how_it_ended(finish: str, cut: str) -> None:
    reply, _ = read(delta(content="Hel"), delta(finish))
    assert reply.cut == cut


def test_a_refusal_is_kept_apart() -> None:
    reply, parts = read(delta(refusal="I can't "), delta(refusal="help."), delta("stop"))
    assert (reply.refusal, words(parts)) == ("I can't help.", "")


@pytest.mark.parametrize("form", ["wav", "samples"])
def test_a_whole_answer(form: str) -> None:
    data = data_of(wav.write(SPEECH) if form == "wav" else SPEECH.samples)
    told = {"id": "audio_1", "data": data, "expires_at": 1, "transcript": "Hello."}
    message = {"role": "assistant", "content": None, "refusal": None, "audio": told}
    reply = Reply()
    parts = list(reply.whole({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}))
    assert (words(parts), samples(parts), reply.sound_id) == ("Hello.", SPEECH.samples, "audio_1")


@pytest.mark.parametrize("told", [[], "x", {}, {"choices": []}, {"object": "list"}])
def test_what_is_no_answer_at_all(told: object) -> None:
    with pytest.raises(BadReply):
        list(Reply().whole(told))


@pytest.mark.parametrize("told", [{"error": {"message": "m", "code": 502}}, {"error": "m", "choices": []}])
def test_a_fault_in_the_place_of_a_piece(told: object) -> None:
    with pytest.raises(FaultTold):
        list(Reply().chunk(told))


@pytest.mark.parametrize("data", ["%%%", "abc"])
def test_sound_that_is_not_base64(data: str) -> None:
    with pytest.raises(BadReply):
        read(audio(transcript="a"), audio(data=data))


def test_words_sound_and_requests_without_end() -> None:
    with pytest.raises(BadReply, match="words"):
        read(*[delta(content="x" * 300_000)] * 8)
    with pytest.raises(BadReply, match="sound"):
        read(audio(transcript="a"), *[audio(data=data_of(bytes(3_000_000)))] * 6)
    with pytest.raises(BadReply, match="requests"):
        read(*[delta(tool_calls=[call(at, f"c{at}", "fill")]) for at in range(100)])
    with pytest.raises(BadReply, match="request"):
        read(*[delta(tool_calls=[call(0, "c", "fill", "x" * 30_000)])] * 4)


KEYS = (
    "choices index delta message finish_reason content audio data transcript id expires_at tool_calls function name "
    "arguments refusal usage error text type function_call"
)
NAMES = st.sampled_from(KEYS.split(" "))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(NAMES, JSON, max_size=6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_shape_breaks_it(told: dict[str, Any], whole: bool) -> None:
    reply = Reply()
    try:
        list(reply.whole(told) if whole else reply.chunk({"choices": [{"delta": told}], **told}))
    except (BadReply, FaultTold):
        return
    assert all(isinstance(one.arguments(), dict) for one in reply.calls)
