"""A call that was written down, as a script: what the caller did, and what was answered, with made-up values in the
place of private ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ivr.call.replay import Kept, event_of
from ivr.call.textrun.conversation import Conversation
from ivr.call.textrun.line import TextCall
from ivr.call.textrun.made_up import MadeUp
from ivr.call.textrun.runner import Scripted, start_state
from ivr.call.textrun.written import as_written
from ivr.flow import engine
from ivr.flow import scenario as sc
from ivr.flow import state as flow
from ivr.flow.flow import Bundle, SlotSpec
from ivr.flow.privacy import class_of, mask_numbers
from ivr.flow.spoken import say_value
from ivr.flow.steps.fitness import fault_of
from ivr.flow.steps.work import Work
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Type, Value
from ivr.flow.understand import interpret
from ivr.units import Millis

HERE: Final = Place("call", 1, 1)
NOTICED_MS: Final = 700
"""An answer that took longer than this is written with its time: the caller may have heard that it takes long."""
MESSAGE: Final = "This is a message."
NOT_UNDERSTOOD: Final = "elephants"
"""In the place of private words that meant nothing to the flow."""


@dataclass(slots=True)
class Script:
    """`complete` False: the journal could not be followed to its end, and why."""

    acts: list[sc.Act] = field(default_factory=list)
    answers: dict[str, list[sc.Answer]] = field(default_factory=dict)
    made_up: MadeUp = field(default_factory=MadeUp)
    complete: bool = True
    why: str = ""

    @property
    def given(self) -> dict[str, tuple[sc.Answer, ...]]:
        return {name: tuple(answers) for name, answers in self.answers.items()}


def script_of(bundle: Bundle, fresh: flow.CallState, entries: Sequence[Kept]) -> Script:
    """`bundle`: the version that the call ran on."""
    walk = _Walk(bundle, fresh)
    for entry in entries:
        event = event_of(entry)
        if event is None and entry.kind.startswith("flow."):
            event = walk.unwritten(entry)
            if event is None:
                walk.script.complete = False
                walk.script.why = "a value that was spoken is never written down"
                break
        if event is not None:
            walk.take(event)
    _scrub(walk.script)
    return walk.script


def _scrub(script: Script) -> None:
    """A private value may have been said where nobody asked for it too: the made-up one stands there as well."""
    texts = {
        str(value): str(script.made_up.made(value)) for value in script.made_up.originals if isinstance(value, str)
    }
    for number, act in enumerate(script.acts):
        if isinstance(act, sc.Speak):
            script.acts[number] = replace(act, words=_replaced(act.words, texts))
    for answers in script.answers.values():
        for number, answer in enumerate(answers):
            if answer.reply is not None and answer.reply.say is not None:
                answers[number] = replace(answer, reply=replace(answer.reply, say=_replaced(answer.reply.say, texts)))


def _replaced(words: str, texts: Mapping[str, str]) -> str:
    for real, made in texts.items():
        words = re.sub(rf"(?<!\w){re.escape(real)}(?!\w)", lambda _, made=made: made, words, flags=re.IGNORECASE)  # type: ignore[misc]
    return words


def played(bundle: Bundle, flow_name: str, script: Script, began: datetime) -> Conversation:
    """The script played by text, up to its end or to where it cannot go on. `began`: aware."""
    time = began.astimezone(ZoneInfo(bundle.zone)).replace(second=0, microsecond=0, tzinfo=None)
    given = sc.Given(time=time, answers=script.given)
    call = TextCall(bundle, start_state(bundle, flow_name, given), Scripted(given))
    talk = Conversation(call)
    talk.begin()
    for act in script.acts:
        if call.over or call.stuck:
            break
        match act:
            case sc.Speak(words=words):
                talk.speak(words)
            case sc.Press(keys=keys):
                talk.press(keys)
            case sc.StaySilent():
                talk.stay_silent(None)
            case sc.HangUpNow():
                talk.hang_up()
            case _:
                pass
    return talk


class _Walk:
    """The call lived through once more, so that every event is met where it stood."""

    def __init__(self, bundle: Bundle, state: flow.CallState) -> None:
        self.script = Script()
        self._bundle = bundle
        self._state = state
        self._sent: dict[str, Millis] = {}

    def take(self, event: flow.Event) -> None:
        before = self._state
        try:
            self._state, effects = engine.step(self._bundle, before, event)
        except Exception:
            return  # it failed then too
        for effect in effects:
            if isinstance(effect, flow.CallToolEffect):
                self._sent[effect.id] = event.at_ms
        self._act(event, before)
        self._answer(event, before, effects)

    def unwritten(self, entry: Kept) -> flow.Event | None:
        """Keys of a card number, say: only their number is known, so others that fit are typed."""
        listen, body = self._state.listening, entry.body
        if listen is None or body is None or entry.kind != "flow.KeysEntered" or not body.get("length"):
            return None
        value = self._made("7" * int(body["length"]), listen.question)
        return flow.KeysEntered(entry.at_ms, listen.id, str(value), "length")

    # ---- what the caller did

    def _act(self, event: flow.Event, before: flow.CallState) -> None:
        acts, listen = self.script.acts, before.listening
        match event:
            case flow.Heard() if listen is not None and event.listen == listen.id:
                acts.append(sc.Speak(self._words(event, listen), HERE))
            case flow.KeysEntered() if listen is not None and event.listen == listen.id:
                acts.append(sc.Press(self._keys(event, listen), HERE))
            case flow.NothingHeard() if listen is not None and event.listen == listen.id:
                acts.append(sc.StaySilent(None, HERE))
            case flow.MessageTaken(ended_by=ended_by):
                if ended_by != "empty":
                    acts.append(sc.Speak(MESSAGE, HERE))
                acts.append(sc.Press("#", HERE) if ended_by == "key" else sc.StaySilent(None, HERE))
            case flow.CallerLeft():
                acts.append(sc.HangUpNow(HERE))
            case _:
                pass

    def _words(self, event: flow.Heard, listen: flow.Listen) -> str:
        reading = event.reading
        if class_of(listen, reading) is Privacy.OPEN:
            return reading.words
        kinds = {e.slot: e for e in (*listen.expects, *listen.corrects, *filter(None, (listen.confirming,)))}
        now = self._clock(event.at_ms)
        said = []
        for fill in reading.fills:
            expected = kinds.get(fill.slot)
            if fill.value is None or expected is None:
                continue
            value = self._made(fill.value, fill.slot) if expected.privacy is not Privacy.OPEN else fill.value
            labels = {option.name: option.hear[0] for option in expected.options if option.hear}
            said.append(say_value(value, expected.type, None, now=now, language=listen.language, labels=labels))
        if said:
            corrects = any(fill.corrects for fill in reading.fills) or reading.yes is False
            words = ", ".join(["no", *said] if corrects else said)
            return words if _means_the_same(words, reading, listen, now) else ", ".join(said)
        if reading.yes is not None:
            return "yes" if reading.yes else "no"
        if reading.command is not None:
            return next((c.hear[0] for c in listen.commands if c.name == reading.command and c.hear), reading.command)
        skipped = next((e.skip_words[0] for e in listen.expects if e.skip_words and reading.fills), None)
        if skipped is not None:
            return skipped
        return mask_numbers(reading.words) if listen.privacy is Privacy.OPEN else NOT_UNDERSTOOD

    def _keys(self, event: flow.KeysEntered, listen: flow.Listen) -> str:
        end = listen.keys.end if event.ended_by == "end" else ""
        private = listen.privacy is not Privacy.OPEN and len(event.keys) > 1
        if not private:
            return event.keys + end
        spec = self._spec(listen.question)
        if spec is not None and spec.type is Type.DATE:
            return self._date_keys(event, listen, spec) + end
        return str(self._made(event.keys, listen.question)) + end

    def _date_keys(self, event: flow.KeysEntered, listen: flow.Listen, spec: SlotSpec) -> str:
        from ivr.flow.understand import read_keys

        fill = next(iter(read_keys(event.keys, listen, self._clock(event.at_ms)).fills), None)
        if fill is None or fill.value is None:
            return event.keys
        made: Any = self._made(fill.value, listen.question)
        order = listen.expects[0].key_order if listen.expects else "mmddyyyy"
        forms = {"mmddyyyy": "%m%d%Y", "ddmmyyyy": "%d%m%Y", "yyyymmdd": "%Y%m%d"}
        return str(made.strftime(forms[order]))

    # ---- what was answered

    def _answer(self, event: flow.Event, before: flow.CallState, effects: Sequence[flow.Effect]) -> None:
        waited = before.awaiting.get(getattr(event, "id", ""))
        if waited is None:
            return
        match event:
            case flow.ToolAnswered():
                note = next((e for e in effects if isinstance(e, flow.Note) and _is_answer(e, waited.what)), None)
                if note is not None:
                    self._put(waited.what, self._tool_answer(event, waited.what, note))
            case flow.TransferEnded() if waited.kind != "joined":
                self._put(waited.what, sc.Answer(HERE, result=event.result))
            case flow.CallbackBooked():
                self._put(waited.what, sc.Answer(HERE, result=event.result))
            case flow.ModelReplied():
                self._put(waited.what, sc.Answer(HERE, reply=self._reply(event)))
            case flow.ModelFailed():
                reply = sc.Reply(fault="blocked" if event.why == "blocked" else "down")
                self._put(waited.what, sc.Answer(HERE, result=reply.fault, reply=reply))
            case _:
                pass

    def _tool_answer(self, event: flow.ToolAnswered, tool: str, note: flow.Note) -> sc.Answer:
        result = note.detail.partition(":")[0]
        took_ms = event.at_ms - self._sent.get(event.id, event.at_ms)
        after_ms = took_ms if took_ms > NOTICED_MS else None
        spec = self._bundle.flows[note.flow].tools[tool]
        keeps = next((known.keep for known in spec.results if known.name == result), ())
        kept: dict[str, object] = {}
        for keep in keeps:
            value = next((s.kept[keep.name] for s in reversed(self._state.standings) if keep.name in s.kept), None)
            if value is not None:
                made = value if keep.privacy is Privacy.OPEN else self.script.made_up.instead_of(value, keep.type)
                kept[keep.name] = _written(made, self._bundle.zone)
        return sc.Answer(HERE, result=result, kept=kept, after_ms=after_ms)

    def _put(self, name: str, answer: sc.Answer) -> None:
        self.script.answers.setdefault(name, []).append(answer)

    def _reply(self, event: flow.ModelReplied) -> sc.Reply:
        """A model's: what it filled of private slots is made up too."""
        fill: dict[str, str | None] = {}
        calls: list[tuple[str, Mapping[str, object]]] = []
        exit_name: str | None = None
        for request in event.requests:
            if request.name in ("fill", "correct"):
                fill |= {name: self._filled(name, value) for name, value in request.arguments.items()}
            elif request.name.startswith("exit_"):
                exit_name = request.name.removeprefix("exit_")
            else:
                calls.append((request.name, dict(request.arguments)))
        return sc.Reply(mask_numbers(event.words) or None, fill, tuple(calls), exit_name)

    def _filled(self, slot: str, value: object) -> str | None:
        spec = self._spec(slot)
        if value is None or spec is None or spec.privacy is Privacy.OPEN:
            return None if value is None else str(value)
        return str(self.script.made_up.instead_of(str(value), spec.type))

    # ---- made-up values

    def _made(self, value: Value, slot: str) -> Value:
        spec = self._spec(slot)
        if spec is None:
            return self.script.made_up.instead_of(value, Type.DIGITS)
        work = Work(self._bundle, self._state, Millis(0))
        known = slot in work.flow.slots
        return self.script.made_up.instead_of(
            value, spec.type, (lambda tried: fault_of(work, spec, tried) is None) if known else None
        )

    def _spec(self, slot: str) -> SlotSpec | None:
        flows = (self._bundle.flows[standing.flow] for standing in reversed(self._state.standings))
        return next((flow.slots[slot] for flow in flows if slot in flow.slots), None)

    def _clock(self, at_ms: Millis) -> datetime:
        return (self._state.started + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(self._bundle.zone))


def _is_answer(note: flow.Note, tool: str) -> bool:
    return note.kind == "tool" and note.what == tool and note.detail not in ("sent", "not sent again")


def _means_the_same(words: str, reading: flow.Reading, listen: flow.Listen, now: datetime) -> bool:
    """Whether the made-up words fill the same slots as the real ones did."""
    return {fill.slot for fill in interpret(words, listen, now).fills} == {fill.slot for fill in reading.fills}


def _written(value: Value, zone: str) -> object:
    if isinstance(value, tuple):
        return [_written(one, zone) for one in value]
    values = getattr(value, "values", None)
    if isinstance(values, tuple):
        return {name: None if held is None else _written(held, zone) for name, held in values}
    return as_written(value, zone)
