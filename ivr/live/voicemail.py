"""Messages that callers leave, on their way to the disk and into words. The sound is written a second behind the line;
its words are worked out afterwards, whether or not the caller is still there."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from ivr.call import effects as fx
from ivr.errors import ModelError
from ivr.flow.state import Send
from ivr.live.clock import Clock
from ivr.models.chunks import model_chunk, pieces
from ivr.models.deadline import due_in
from ivr.models.ports import Transcriber
from ivr.store import (
    CallKey,
    KeptMessage,
    Recorder,
    Work,
    beginning_message,
    ending_message,
    message_path,
    wording_message,
)
from ivr.units import BYTES_PER_MS, CallId

log = structlog.get_logger("ivr.live")

BLOCK_BYTES: Final = 1000 * BYTES_PER_MS
WORDS_DEADLINE_MS: Final = 60_000
"""Of one piece of a message: nobody waits on the line for it."""


class Voicemail:
    """One for the process."""

    def __init__(self, recorder: Recorder, transcriber: Transcriber, tasks: asyncio.TaskGroup, clock: Clock) -> None:
        self._recorder = recorder
        self._transcriber = transcriber
        self._tasks = tasks
        self._clock = clock

    def of_call(self, call_id: CallId, key: CallKey, rows: Callable[[Work[object]], None]) -> "CallMessages":
        """`rows`: writes a row behind those before it."""
        return CallMessages(call_id, key, rows, self._recorder, self._clock, self._word)

    def _word(self, sound: bytes, done: Callable[[str], None]) -> None:
        self._tasks.create_task(self._transcribe(sound, done))

    async def _transcribe(self, sound: bytes, done: Callable[[str], None]) -> None:
        """`done` gets the words; empty: there are none, or nobody could tell."""
        words: list[str] = []
        try:
            chunk = await asyncio.to_thread(model_chunk, sound, self._transcriber.rate_hz)
            for piece in pieces(chunk):
                heard = await self._transcriber.transcribe(piece, "text", due_in(WORDS_DEADLINE_MS))
                words.append(heard.text.strip())
        except ModelError as fault:
            log.error("a message could not be put into words", why=str(fault))
        except Exception as fault:  # a recogniser that breaks has failed: the message is there all the same
            log.error("a message could not be put into words", error=type(fault).__name__)
        done(" ".join(word for word in words if word))


class CallMessages:
    """Of one call on one stream. Nothing here waits."""

    def __init__(
        self,
        call_id: CallId,
        key: CallKey,
        rows: Callable[[Work[object]], None],
        recorder: Recorder,
        clock: Clock,
        word: Callable[[bytes, Callable[[str], None]], None],
    ) -> None:
        self._call_id = call_id
        self._key = key
        self._rows = rows
        self._recorder = recorder
        self._clock = clock
        self._word = word
        self._path: str | None = None
        self._sound = bytearray()
        self._written = 0
        self._worded: dict[str, str | None] = {}
        """Words by message; None: they are being worked out."""
        self._waiting: list[tuple[Send, Callable[[Send], None]]] = []

    def begin(self, message: fx.KeepMessage) -> None:
        self._path = str(message_path(self._call_id, message.id.partition(":")[2].replace(":", "-")))
        self._sound, self._written = bytearray(), 0
        kept = KeptMessage(message.id, self._call_id, message.name, self._clock.wall(), self._path)
        self._rows(beginning_message(kept))

    def caller(self, mulaw: bytes) -> None:
        """A frame; what comes while no message is open is none of ours."""
        if self._path is None:
            return
        self._sound += mulaw
        if len(self._sound) - self._written >= BLOCK_BYTES:
            self._write()

    def end(self, message: fx.EndMessage) -> None:
        if self._path is None:
            return
        self._write()
        self._path = None
        self._rows(ending_message(message.id, message.ended_by, message.from_ms, message.to_ms))
        counts = bytes(self._sound[message.from_ms * BYTES_PER_MS : message.to_ms * BYTES_PER_MS])
        if message.transcript and counts:
            self._worded[message.id] = None
            self._word(counts, partial(self._has_words, message.id))

    def send(self, send: Send, keep: Callable[[Send], None]) -> None:
        """Once the words are known that belong into it."""
        words = self._worded.get(send.words_of, "")
        if words is None:
            self._waiting.append((send, keep))
        else:
            keep(with_words(send, words))

    def _has_words(self, message: str, words: str) -> None:
        self._worded[message] = words
        if words:
            self._rows(wording_message(message, words, self._key))
        due = [(send, keep) for send, keep in self._waiting if send.words_of == message]
        self._waiting = [one for one in self._waiting if one[0].words_of != message]
        for send, keep in due:
            keep(with_words(send, words))

    def _write(self) -> None:
        assert self._path is not None
        block, self._written = bytes(self._sound[self._written :]), len(self._sound)
        if block:
            self._recorder.append(self._path, block)


def with_words(send: Send, words: str) -> Send:
    if send.number:
        return replace(send, text=f"{send.text} {words}".strip(), words_of="")
    return replace(send, body={**send.body, "words": words or None}, words_of="")
