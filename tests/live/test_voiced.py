"""A model that speaks for itself: its sound is played as it comes, and taken back where the caller takes the floor."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.flow.state import AskModel, voiced_name
from ivr.live.voiced import FIRST_BYTES, VoicedReplies
from ivr.models.ports import ReplyDone, ReplyPart, ReplySound, ReplyWords
from ivr.models.prompt_cache import Piece
from ivr.units import BYTES_PER_MS, Millis
from tests.flow.phone import PROJECT, loaded
from tests.live.line import Trial, trial

FLOW = """
schema: callflow/1
flow: trial
start: talk
nodes:
  talk:
    - agent: host
      open: How can I help?
      goal: Find out what the caller wants.
      exits: {done: {about: all is said, goto: bye}}
      on: {limit: {goto: person}, model_down: {goto: person}, blocked: {goto: person}}
"""
SECOND = 1000 * BYTES_PER_MS
A, B = voiced_name("call:1", 0), voiced_name("call:1", 1)


def sound(ms: int) -> ReplySound:
    return ReplySound(noise(7, ms, -20, "pink", 24_000))


@dataclass
class Speaker:
    """A far end that says what it is told to, part by part. `None`: it waits until it is let go on."""

    replies: Sequence[Sequence[ReplyPart | ModelUnavailable | None]]
    hears_hz: int | None = 8_000
    asked: list[AskModel] = field(default_factory=list)
    heard: list[Pcm | None] = field(default_factory=list)
    taken_back: int = 0
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        parts = self.replies[len(self.asked)]
        self.asked.append(request)
        self.heard.append(sound)
        try:
            for part in parts:
                if part is None:
                    await self.goes_on.wait()
                elif isinstance(part, ModelUnavailable):
                    raise part
                else:
                    yield part
        except (GeneratorExit, asyncio.CancelledError):
            self.taken_back += not isinstance(part, ReplyDone)
            raise


async def asks(call: Trial, words: str) -> None:
    call.recogniser.hears = words
    await call.speak(600)
    await call.wait(1_000)


def said(call: Trial) -> list[tuple[str, str]]:
    return [(turn.sent, turn.heard) for turn in call.notebook.turns if turn.who == "bot" and turn.sent]


async def test_its_sound_is_heard_before_the_reply_is_whole() -> None:
    model = Speaker([[ReplyWords("A table it is.", True), sound(900), None, sound(300), ReplyDone()]])
    async with trial(loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}), responder=model) as call:
        await call.heard_out()
        asked = call.now
        await asks(call, "a table")
        assert model.heard[0] is not None and model.heard[0].ms >= 600
        assert call.far.heard[-1][1] > asked and not model.goes_on.is_set()
        await call.heard_out()
        began, ended = next(span for span in call.far.heard if span[0] > asked)[0], call.far.heard[-1][1]
        assert 850 <= ended - began <= 900
        model.goes_on.set()
        await call.wait(100)
        await call.heard_out()
        assert call.voice.asked == []  # nobody else speaks its words
        assert said(call)[-1] == ("A table it is.", "A table it is.")


async def test_who_takes_the_floor_hears_no_more_of_it_and_it_is_taken_back() -> None:
    words = "A table it is, and let me tell you at length what else we have on the list today."
    model = Speaker(
        [
            [ReplyWords(words, True), sound(4_000), None, sound(4_000), ReplyDone()],
            [ReplyWords("A room then.", True), sound(900), ReplyDone()],
        ]
    )
    async with trial(loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}), responder=model) as call:
        await call.heard_out()
        await asks(call, "a table")
        await call.wait(600)
        call.recogniser.hears = "no, a room"
        await call.speak(700)
        stopped = call.far.heard[-1][1]
        await call.wait(1_500)
        assert model.taken_back == 1
        assert [request.heard for request in model.asked] == ["a table", "no, a room"]
        sent, heard = next(turn for turn in said(call) if turn[0] == words)
        assert heard and sent.startswith(heard) and len(heard) < len(sent)
        assert model.asked[1].told[-2].text == heard  # it is told what was heard of it, not what it made
        assert stopped <= call.now
        model.goes_on.set()
        await call.heard_out()
        assert said(call)[-1] == ("A room then.", "A room then.")


async def test_a_reply_that_breaks_off_is_gone_on_with_by_the_next() -> None:
    broken = ModelUnavailable("cut")
    model = Speaker(
        [
            [ReplyWords("A table it is.", True), sound(900), broken],
            [ReplyWords("For how many?", True), sound(900), ReplyDone()],
        ]
    )
    async with trial(loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}), responder=model) as call:
        await call.heard_out()
        began = call.now
        await asks(call, "a table")
        await call.heard_out()
        assert [heard for _, heard in said(call)[-2:]] == ["A table it is.", "For how many?"]
        assert call.far.longest_silence_ms(began + 600, call.now) < 2_000


async def test_of_words_whose_sound_broke_off_only_those_that_sounded_were_heard() -> None:
    words = "A table it is, by the window where the sun comes in."
    model = Speaker([[ReplyWords(words, True), sound(900), ModelUnavailable("cut")], [ReplyWords("Yes."), ReplyDone()]])
    async with trial(loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}), responder=model) as call:
        await call.heard_out()
        await asks(call, "a table")
        await call.heard_out()
        sent, heard = next(turn for turn in said(call) if turn[0] == words)
        assert heard and sent.startswith(heard) and len(heard) < len(sent) / 2


async def test_words_whose_sound_never_comes_are_spoken_by_the_voice() -> None:
    model = Speaker([[ReplyWords("A table it is.", True), ReplyDone()]])
    async with trial(loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}), responder=model) as call:
        await call.heard_out()
        await asks(call, "a table")
        await call.heard_out()
        assert call.voice.asked == ["A table it is."]
        assert said(call)[-1] == ("A table it is.", "A table it is.")


# ---- the shelf between whoever makes sound and whoever plays it


async def lengths(shelf: VoicedReplies, name: str, from_ms: int = 0) -> list[int]:
    return [sum(len(piece.mulaw) for piece in pieces) async for pieces in shelf.sound(name, from_ms)]


async def test_a_piece_is_given_as_it_comes_and_begins_with_little() -> None:
    shelf, found = VoicedReplies(), list[tuple[Piece, ...]]()
    shelf.begin("call:1")
    shelf.open(A)
    sounds = shelf.sound(A)
    first = asyncio.ensure_future(anext(sounds))
    shelf.feed(A, bytes(FIRST_BYTES - 1))
    await asyncio.sleep(0)
    assert not first.done() and shelf.all_of(A) is None
    shelf.feed(A, bytes(SECOND))
    found.append(await first)
    shelf.close(A)
    assert [piece async for piece in sounds] == []
    assert len(found[0][0].mulaw) == FIRST_BYTES
    assert sum(len(piece.mulaw) for piece in found[0]) == FIRST_BYTES - 1 + SECOND
    assert await lengths(shelf, A, from_ms=500) == [FIRST_BYTES - 1 + SECOND // 2]


async def test_what_nobody_can_ask_for_any_more_is_not_kept() -> None:
    shelf = VoicedReplies()
    for number in range(4):
        shelf.begin(f"call:{number}")
        shelf.open(voiced_name(f"call:{number}", 0))
        shelf.feed(voiced_name(f"call:{number}", 0), bytes(SECOND))
    assert [number for number in range(4) if shelf.has(voiced_name(f"call:{number}", 0))] == [2, 3]


async def test_a_reply_that_ends_anyhow_leaves_nobody_waiting() -> None:
    shelf = VoicedReplies()
    shelf.begin("call:1")
    shelf.open(B)
    shelf.close_all("call:1")
    assert await lengths(shelf, B) == []
