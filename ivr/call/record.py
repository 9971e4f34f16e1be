"""What is written down of a call while it runs: journal entries in order, and turns for the transcript."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.call.effects import KeepEntry, KeepTurn
from ivr.call.events import PlayoutEnded
from ivr.call.turn import CallerTurn
from ivr.flow.privacy import class_of, mask_numbers, shown
from ivr.flow.spoken import mask
from ivr.flow.state import Listen, Reading, SayEffect
from ivr.flow.types import Privacy, Type
from ivr.units import Millis


@dataclass(slots=True)
class _Prompt:
    node: str
    latency_ms: Mapping[str, int] | None = None


class Record:
    """Numbers entries and turns; knows which prompt answers which turn of the caller."""

    def __init__(self, first_seq: int = 0, first_turn: int = 0) -> None:
        self._seq = first_seq
        self._turn = first_turn
        self._prompts: dict[str, _Prompt] = {}
        self._answering: CallerTurn | None = None
        self._typed_at: Millis | None = None

    def entry(self, at_ms: Millis, kind: str, body: Mapping[str, object], privacy: Privacy) -> KeepEntry:
        self._seq += 1
        return KeepEntry(self._seq, at_ms, kind, body, privacy)

    def asked_to_say(self, say: SayEffect, node: str) -> None:
        self._prompts[say.id] = _Prompt(node)

    def first_sound(self, say_id: str, now: Millis) -> None:
        prompt = self._prompts[say_id]
        turn, self._answering = self._answering, None
        typed_at, self._typed_at = self._typed_at, None
        if turn is not None and turn.speech_end_ms is not None:
            ends = {"turn_over": turn.over_ms, "text": turn.text_ms, "first_audio": now}
            prompt.latency_ms = {stage: at - turn.speech_end_ms for stage, at in ends.items() if at is not None}
        elif typed_at is not None:
            prompt.latency_ms = {"first_audio": now - typed_at}

    def bot_spoke(self, say: SayEffect, ended: PlayoutEnded, now: Millis) -> KeepTurn:
        """What was sent and heard is of the words as spoken; where those are masked, the same share of the mask."""
        prompt = self._prompts.pop(say.id)
        began = now if ended.began_ms is None else ended.began_ms
        return KeepTurn(
            no=self._next_turn(),
            who="bot",
            at_ms=began,
            end_ms=Millis(began + ended.heard_ms),
            shown=say.shown,
            sent=_as_shown(say, ended.sent),
            heard=_as_shown(say, ended.heard),
            cut=ended.cut,
            words="",
            privacy=Privacy.OPEN,
            node=prompt.node,
            latency_ms=prompt.latency_ms or {},
            marks=ended.marks,
            acknowledged=_as_shown(say, ended.acknowledged),
            acknowledged_ms=ended.acknowledged_ms,
        )

    def caller_spoke(self, turn: CallerTurn, reading: Reading, begin: Millis, node: str, now: Millis) -> KeepTurn:
        self._answering = turn
        privacy = class_of(turn.listen, reading)
        return KeepTurn(
            no=self._next_turn(),
            who="caller",
            at_ms=begin,
            end_ms=now if turn.speech_end_ms is None else turn.speech_end_ms,
            shown=shown(turn.listen, reading),
            sent="",
            heard="",
            cut=False,
            words="" if privacy in (Privacy.PCI, Privacy.SECRET) else reading.words,
            privacy=privacy,
            node=node,
            score=reading.score,
            read_by=turn.read_by,
            written=turn.written,
        )

    def caller_greeted(self, words: str, listen: Listen, node: str, now: Millis) -> KeepTurn:
        private = listen.privacy is not Privacy.OPEN
        return KeepTurn(
            no=self._next_turn(),
            who="caller",
            at_ms=now,
            end_ms=now,
            shown=mask(words, Type.TEXT) if private else mask_numbers(words),
            sent="",
            heard="",
            cut=False,
            words="",
            privacy=Privacy.OPEN,
            node=node,
            written=True,
        )

    def caller_typed(self, keys: str, listen: Listen, node: str, now: Millis, *, written: bool = False) -> KeepTurn:
        self._typed_at = now
        private = listen.privacy is not Privacy.OPEN
        return KeepTurn(
            no=self._next_turn(),
            who="caller",
            at_ms=now,
            end_ms=now,
            shown=mask(keys, Type.DIGITS) if private else keys,
            sent="",
            heard="",
            cut=False,
            words="" if listen.privacy in (Privacy.PCI, Privacy.SECRET) else keys,
            privacy=listen.privacy,
            node=node,
            by_keys=True,
            written=written,
        )

    def _next_turn(self) -> int:
        self._turn += 1
        return self._turn


def _as_shown(say: SayEffect, text: str) -> str:
    return text if say.shown == say.text else _share(say.shown, len(text), len(say.text))


def shown_from(say: SayEffect, at: int) -> str:
    """What views show of a say's text from letter `at` on; where it is masked, the same share of the mask."""
    if say.shown == say.text:
        return say.shown[at:]
    return say.shown[len(_share(say.shown, at, len(say.text))) :].lstrip()


def _share(shown: str, heard_letters: int, all_letters: int) -> str:
    """The same share of the masked words as was heard of the spoken ones, cut at a word."""
    if heard_letters >= all_letters:
        return shown
    head = shown[: len(shown) * heard_letters // max(1, all_letters) + 1]
    return head[: head.rfind(" ")] if " " in head else ""
