"""A turn's sound to its words and their meaning: what the recogniser and the ranking are asked, what they answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.turn import CallerTurn
from ivr.flow.state import Reading
from ivr.flow.types import Type
from ivr.flow.understand import by_similarity, interpret, phrases
from ivr.units import Millis


class Words:
    def __init__(self, hearing: Hearing, out: Outbox, clock: Callable[[Millis], datetime]) -> None:
        """`clock`: call time in the project's zone."""
        self._hearing = hearing
        self._out = out
        self._clock = clock

    def ask(self, turn: CallerTurn) -> None:
        turn.asked = True
        turn.speech_end_ms = self._hearing.call_ms(self._hearing.endpointing.end_sample)
        expect = turn.listen.expects[0].type if turn.listen.expects else Type.TEXT
        self._out.put(fx.Transcribe(turn.no, turn.attempt, self._hearing.utterance(), expect.value))

    def ask_anew(self, turn: CallerTurn) -> None:
        """The caller goes on: what was recognised so far is not the whole."""
        turn.resume()
        self.drop()

    def drop(self) -> None:
        self._out.put(fx.DropTranscribe())

    def read(self, turn: CallerTurn, event: ev.Transcribed, now: Millis) -> Reading:
        turn.reading = replace(interpret(event.text, turn.listen, self._clock(now)), score=event.score)
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
            turn.reading = replace(read, score=turn.reading.score)
        return turn.reading


def is_empty(reading: Reading) -> bool:
    """The words are of no use to the question."""
    return not reading.fills and reading.command is None and reading.yes is None and reading.change is None
