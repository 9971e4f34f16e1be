"""What the caller gave and tools answered: kept, changed, and dropped together with what hangs on it; and facts."""

from collections.abc import Iterable, Mapping

from ivr.flow.state import Made, Slot
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work.effects import Asking
from ivr.flow.types import OF_THE_CALLER, Source, Value


class Keeping(Asking):
    """Fills and empties slots; nothing stays that was got with a value which has changed."""

    def fill(self, name: str, slot: Slot) -> None:
        """Slots stand in the order in which they were filled."""
        held = self.at.slots.get(name)
        if self.state.facts and (held is None or held.value != slot.value):
            self.withdraw(frozenset({name}))
        if len(self.bundle.languages) > 1 and slot.settled and slot.source in OF_THE_CALLER:
            self._speak_as_chosen(name, slot.value)
        slots = {key: held for key, held in self.at.slots.items() if key != name}
        slots[name] = slot
        doubts = self.at.doubts
        if name in doubts:
            doubts = {key: why for key, why in doubts.items() if key != name}
        self.at = replace(self.at, slots=slots, doubts=doubts)

    def _speak_as_chosen(self, name: str, value: Value | None) -> None:
        spec = self.flow.slots.get(name)
        chosen = next((option.language for option in spec.options if option.name == value), None) if spec else None
        if chosen is not None:
            self.speak_in(chosen)

    def set_values(self, values: Mapping[str, Value | None]) -> None:
        """`set:` to slots and variables."""
        for name, value in values.items():
            if name in self.flow.vars:
                if value is None:  # beyond reckoning: a variable is never empty, so it stays as it was
                    self.note("error", name, "cannot be reckoned", self.flow.vars[name].place)
                    continue
                self.at = replace(self.at, vars={**self.at.vars, name: value})
            elif value is None:
                self.empty([name])
            else:
                self.drop_kept(frozenset({name}))
                self.fill(name, Slot(value, Source.SET))

    def empty(self, names: Iterable[str]) -> None:
        gone = frozenset(names)
        if self.state.facts:
            self.withdraw(gone)
        if not gone.isdisjoint(self.at.slots):
            slots = {key: held for key, held in self.at.slots.items() if key not in gone}
            self.at = replace(self.at, slots=slots)
        self.drop_kept(gone)

    def drop_pending(self) -> None:
        pending = self.state.pending
        if pending is None:
            return
        self.state = replace(self.state, pending=None)
        if not pending.fill.corrects:
            held = self.at.slots.get(pending.fill.slot)
            if held is not None and not held.settled:
                self.empty([pending.fill.slot])

    def drop_kept(self, changed: frozenset[str]) -> None:
        """What look-ups kept is gone when a value they were asked with changes, and so on along the chain."""
        stale = set(changed)
        tools: set[str] = set()
        here = [made for made in self.state.made if not made.changes_world and self._is_own(made)]
        grew = True
        while grew:
            grew = False
            for made in here:
                if made.tool not in tools and made.names & stale:
                    tools.add(made.tool)
                    stale |= {name for name, (tool, _) in self.at.kept_by.items() if tool == made.tool}
                    grew = True
        if tools:
            self.drop_kept_of(tools)
            left = tuple(made for made in self.state.made if made.tool not in tools or made not in here)
            self.state = replace(self.state, made=left)

    def _is_own(self, made: Made) -> bool:
        """Was it made by a tool that the running flow has?"""
        tool = self.flow.tools.get(made.tool)
        return tool is not None and made.of(tool)

    def drop_kept_of(self, tools: set[str]) -> None:
        gone = {name for name, (tool, _) in self.at.kept_by.items() if tool in tools}
        if not gone:
            return
        kept = {name: value for name, value in self.at.kept.items() if name not in gone}
        kept_by = {name: by for name, by in self.at.kept_by.items() if name not in gone}
        self.at = replace(self.at, kept=kept, kept_by=kept_by)
        if self.state.facts:
            self.withdraw(frozenset(gone))

    def grant(self, fact: str, names: Iterable[str]) -> None:
        self.state = replace(self.state, facts={**self.state.facts, fact: frozenset(names)})

    def withdraw(self, changed: frozenset[str]) -> None:
        """Facts fall with the values they hang on."""
        fallen = [fact for fact, names in self.state.facts.items() if names & changed]
        if fallen:
            left = {fact: names for fact, names in self.state.facts.items() if fact not in fallen}
            self.state = replace(self.state, facts=left)
            for fact in fallen:
                self.note("decided", fact, "withdrawn")
