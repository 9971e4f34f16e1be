"""A turn's sound to its words and their meaning: what the recogniser and the ranking are asked, what they answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.settings import CallSettings
from ivr.call.turn import CallerTurn
from ivr.flow.privacy import class_of, mask_numbers
from ivr.flow.state import Listen, Reading
from ivr.flow.types import Privacy, Type
from ivr.flow.understand import by_similarity, heard_tool, in_writing, interpret, phrases, read_answer
from ivr.units import Millis

DOUBTFUL: Final = 0.75
"""A match less sure than this is worth a model's opinion."""
CARD_DIGITS: Final = 12
"""Numbers longer than this may be a card's: no model is told them."""


class Words:
    def __init__(
        self,
        settings: CallSettings,
        hearing: Hearing,
        out: Outbox,
        *,
        clock: Callable[[Millis], datetime],
        asked: Callable[[], str],
        may_spend: Callable[[], bool],
    ) -> None:
        """`clock`: call time in the project's zone. `asked`: what was said last, private values masked. `may_spend`:
        whether the flow lets models cost more in this call."""
        self._settings = settings
        self._asked = asked
        self._may_spend = may_spend
        self._hearing = hearing
        self._out = out
        self._clock = clock
        self.sound = b""
        """The utterance asked about last; empty where it may be heard by nobody else."""

    def ask(self, turn: CallerTurn) -> None:
        turn.asked = True
        turn.speech_end_ms = self._hearing.call_ms(self._hearing.endpointing.end_sample)
        expect = turn.listen.expects[0].type if turn.listen.expects else Type.TEXT
        utterance = self._hearing.utterance()
        self.sound = b"" if turn.listen.privacy in (Privacy.PCI, Privacy.SECRET) else utterance
        self._out.put(fx.Transcribe(turn.no, turn.attempt, utterance, expect.value))

    def ask_anew(self, turn: CallerTurn) -> None:
        """The caller goes on: what was recognised so far is not the whole."""
        turn.resume()
        self.drop()

    def drop(self) -> None:
        self._out.put(fx.DropTranscribe())

    def meaning(self, words: str, listen: Listen, now: Millis) -> Reading:
        """By the words alone."""
        return interpret(words, listen, self._clock(now))

    def read(self, turn: CallerTurn, event: ev.Transcribed, now: Millis) -> Reading:
        reading = self.meaning(event.text, turn.listen, now)
        turn.reading = in_writing(reading) if turn.written else replace(reading, score=event.score)
        return turn.reading

    def rank(self, turn: CallerTurn, words: str) -> bool:
        """Words that fit nothing are compared with the phrases of the question, where it has some."""
        options = phrases(turn.listen)
        if not (words.strip() and options):
            return False
        turn.ranking = True
        self._out.put(fx.Rank(turn.no, turn.attempt, words, tuple(options)))
        return True

    def ranked(self, turn: CallerTurn, event: ev.Ranked) -> Reading:
        assert turn.reading is not None
        turn.ranking = False
        if event.scores:
            read = by_similarity(turn.reading.words, turn.listen, event.scores)
            turn.read_by = "words" if is_empty(read) else "similarity"
            turn.reading = in_writing(read) if turn.written else replace(read, score=turn.reading.score)
        return turn.reading

    # ---- a model's help

    def understand(self, turn: CallerTurn) -> bool:
        """A model is asked what was meant, once for the same words, where they are of no use or doubtful. Most answers
        are neither: they cost nothing and no time."""
        reading = turn.reading
        if not self._settings.understands or turn.understood or reading is None or not is_doubtful(reading):
            return False
        private = self._settings.understands_private
        tool = heard_tool(turn.listen, private=private)
        class_ = class_of(turn.listen, reading)
        if tool is None or class_ in (Privacy.PCI, Privacy.SECRET) or not self._may_spend():
            return False
        masks = class_ is not Privacy.OPEN and not private
        words = mask_numbers(reading.words) if masks else mask_numbers(reading.words, CARD_DIGITS)
        hears = self._settings.understands_sound and words == reading.words and not turn.written
        if not (words.strip() or (turn.unheard and hears)):
            return False
        turn.understood = turn.ranking = True
        sound = self._hearing.utterance() if hears else b""
        language = turn.listen.language
        self._out.put(fx.Understand(turn.no, turn.attempt, words, sound, language, self._asked(), tool))
        return True

    def understood(self, turn: CallerTurn, event: ev.Understood, now: Millis) -> Reading:
        """Where the model is of no use, what the words alone gave still counts."""
        assert turn.reading is not None
        turn.ranking = False
        turn.cost += event.cost
        told = "no answer"
        if event.given is not None:
            words, private = turn.reading.words, self._settings.understands_private
            read = read_answer(event.given, words, turn.listen, self._clock(now), private=private)
            told = "unclear" if is_empty(read) else "understood"
            if not is_empty(read):
                turn.reading, turn.read_by, turn.unheard = replace(read, score=turn.reading.score), "model", False
        self._out.note(now, "model", turn.listen.question, told)
        return turn.reading


def is_doubtful(reading: Reading) -> bool:
    """Of no use, or so little like what was expected that another meaning is as likely. Who only asks for time has not
    answered yet."""
    return (is_empty(reading) and not reading.stalling) or any(fill.sure < DOUBTFUL for fill in reading.fills)


def is_empty(reading: Reading) -> bool:
    """The words are of no use to the question."""
    return not reading.fills and reading.command is None and reading.yes is None and reading.change is None
