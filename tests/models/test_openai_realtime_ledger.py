"""Whatever happens in a talk, a session holds it as the flow has it: the double's conversation takes every change, and
what stands in it then is what was said and heard, each thing once."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.state import Said
from ivr.models.openai.messages import HEARD_WRONG
from ivr.models.openai.realtime_ledger import Ledger
from ivr.models.openai.realtime_reply import RealtimeReply, SaidItem
from ivr.models.openai.remembered import Remembered
from ivr.sim.model_house.realtime_items import Conversation, Item, decoded
from tests.models.realtime_line import ask, bot, caller

MASKED = "•••"
WORDS = ("tables", "garden", "window", "cellar", "roof", "terrace")
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
LETTER_BYTES = 65 * 8


@dataclass(frozen=True, slots=True)
class Turn:
    """The caller says this, perhaps to be heard; the model answers that, and so much of it is heard (None: another
    answered in its place). Before it the flow itself may say something, something may be masked, a session may end."""

    says: str
    sounds: bool
    answers: str
    heard_words: int | None
    whole: bool
    before: str
    masks: int | None
    renews: bool


TURNS = st.lists(
    st.builds(
        Turn,
        says=SENTENCE,
        sounds=st.booleans(),
        answers=SENTENCE,
        heard_words=st.none() | st.integers(0, 6),
        whole=st.booleans(),
        before=st.just("") | SENTENCE,
        masks=st.none() | st.integers(0, 20),
        renews=st.integers(0, 5).map(lambda roll: roll == 0),
    ),
    min_size=1,
    max_size=8,
)


@dataclass
class Far:
    """One session at the far end."""

    conversation: Conversation = field(default_factory=lambda: Conversation(itertools.count(1).__next__))
    ledger: Ledger = field(default_factory=lambda: Ledger(Remembered()))
    heard_of: dict[str, str] = field(default_factory=dict)
    """Of each answer, by its item, what the caller heard."""
    buffer: bytes = b""

    def take(self, events: Iterator[dict[str, object]]) -> None:
        """Raises: Refused: it would not have been taken."""
        for event in events:
            match event["type"]:
                case "conversation.item.create":
                    self.conversation.create(event["item"], event.get("previous_item_id"))
                case "conversation.item.delete":
                    self.conversation.delete(event["item_id"])
                case "conversation.item.truncate":
                    self.conversation.truncate(event["item_id"], event["content_index"], event["audio_end_ms"], 8)
                case "input_audio_buffer.append":
                    self.buffer += decoded(event["audio"], "audio")
                case "input_audio_buffer.commit":
                    name = self.conversation.new_id()
                    shape = {"id": name, "type": "message", "role": "user", "content": []}
                    self.conversation.add(Item(shape, self.buffer, HEARD_WRONG))
                    self.buffer = b""
                    self.ledger.note_committed(name)
                case other:
                    raise AssertionError(other)

    def answer(self, asked: object, words: str, heard: str, *, whole: bool) -> None:
        """It makes all of it, or with the last word's sound missing."""
        name = self.conversation.new_id()
        sound = bytes(LETTER_BYTES * len(words))
        shape = {"id": name, "type": "message", "role": "assistant", "content": []}
        self.conversation.add(Item(shape, sound, words))
        reply = RealtimeReply()
        reply.id, reply.status = "r", "completed" if whole else "cancelled"
        reply.said[name] = SaidItem(name, words, len(sound))
        self.heard_of[name] = heard
        self.ledger.note_reply(asked, reply, ())  # type: ignore[arg-type]

    def holds(self) -> list[tuple[str, str]]:
        """Who said what, turns of one side in a row as one; where sound follows its own words, the words."""
        told = []
        for item in self.conversation.items:
            words = item.words
            if item.role == "assistant" and item.truncated_ms is not None:
                words = self.heard_of[item.id]
            words = words.removeprefix(HEARD_WRONG).strip()
            if words:
                told.append((item.role, words))
        return joined(told)


def joined(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(who, " ".join(text for _, text in several)) for who, several in groupby(told, key=lambda one: one[0])]


def said_so(told: list[Said]) -> list[tuple[str, str]]:
    return joined([("assistant" if said.who == "bot" else "user", said.text) for said in told])


@settings(deadline=None, max_examples=150)
@given(TURNS)
def test_a_session_holds_the_talk_as_the_flow_has_it(turns: list[Turn]) -> None:
    far, told, at_ms = Far(), list[Said](), 0
    for number, turn in enumerate(turns, 1):
        if turn.renews:
            far = Far()
        if turn.before:
            told.append(bot(at_ms := at_ms + 1, turn.before))
        if turn.masks is not None and told:
            at = turn.masks % len(told)
            told[at] = replace(told[at], text=" ".join((MASKED, *told[at].text.split()[1:])))
        told.append(caller(at_ms := at_ms + 1, turn.says))
        asked = ask(number, told, turn.says)
        far.take(far.ledger.catch_up(asked, b"\xff" * 4_000 if turn.sounds else b""))
        assert far.holds() == said_so(told)
        heard = " ".join(turn.answers.split()[: turn.heard_words or 0])
        if turn.heard_words is None:
            heard = "something else altogether"
        far.answer(asked, turn.answers, heard, whole=turn.whole)
        if heard:
            told.append(bot(at_ms := at_ms + 1, heard, reply=number))
    told.append(caller(at_ms + 1, "goodbye"))
    far.take(far.ledger.catch_up(ask(len(turns) + 1, told, "goodbye"), b""))
    assert far.holds() == said_so(told)
