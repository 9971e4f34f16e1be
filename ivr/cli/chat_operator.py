"""Who answers in a chat in place of the back end, of people and of models: the answers given, the real ones (`--live`),
or the person at the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Answer
    from ivr.flow.state import CallToolEffect, RawReply

FAILED: Final = "failed"


@dataclass(slots=True)
class Operator:
    """`ask` reads a line at the terminal (None: there are no more), `show` first tells all that has happened. `used`:
    every answer that was given, by name and in order, for the test that a conversation makes."""

    bundle: "Bundle"
    scripted: Any
    live: Any
    ask: Callable[[str], str | None]
    show: Callable[[], None]
    used: "dict[str, list[Answer | RawReply]]" = field(default_factory=dict)
    _ahead: "dict[str, list[Answer]]" = field(default_factory=dict)

    # ---- what the flow asks for

    def tool(self, effect: "CallToolEffect") -> "Answer | RawReply | None":
        answer = self._given_ahead(effect.tool) or self.scripted.tool(effect)
        if answer is None and self.live is not None:
            answer = self.live.call(effect)
        if answer is None:
            answer = self._pick(effect.tool, self._results(effect.flow, effect.tool))
        return self._note(effect.tool, answer)

    def of(self, name: str, results: "Sequence[str]") -> "Answer | None":
        answer = self._given_ahead(name) or self.scripted.of(name, results)
        if answer is None:
            answer = self._pick(name, dict.fromkeys(results, ()))
        self._note(name, answer)
        return answer

    def message(self, name: str) -> "Answer | None":
        """Nobody is asked: the person at the keyboard is the one who leaves it."""
        answer = self._given_ahead(name) or self.scripted.message(name)
        self._note(name, answer)
        return answer

    def callback(self, target: str) -> "Answer | None":
        from ivr.flow.scenario import CALLBACK_RESULTS

        given = self._given_ahead(target) or self.scripted.callback(target)
        if given is None:
            return self.of(target, CALLBACK_RESULTS)
        self._note(target, given)
        return given

    def reply(self, agent: str) -> "Answer | None":
        answer = self._given_ahead(agent) or self.scripted.reply(agent)
        if answer is None:
            answer = self._ask_for_reply(agent)
        self._note(agent, answer)
        return answer

    def _note(self, name: str, answer: "Answer | RawReply | None") -> "Answer | RawReply | None":
        if answer is not None:
            self.used.setdefault(name, []).append(answer)
        return answer

    # ---- answers ahead: /answer find_account ok {first_name: Ana}

    def answer_ahead(self, rest: str) -> str:
        """Keeps the answer until it is asked for; gives back what to tell."""
        name, _, written = rest.partition(" ")
        known = self._names()
        if not written.strip() or name not in known:
            told = f"There are: {', '.join(sorted(known))}." if known else "Nothing is asked for in this flow."
            return f"Write it like  /answer NAME RESULT {{kept: value}}. {told}"
        answer, mistakes = read_typed(name, written.strip())
        if answer is None:
            return mistakes
        self._ahead.setdefault(name, []).append(answer)
        return f"{name} will answer: {answer.result or 'as written'}"

    def _given_ahead(self, name: str) -> "Answer | None":
        waiting = self._ahead.get(name)
        return waiting.pop(0) if waiting else None

    def _names(self) -> set[str]:
        tools = {tool for flow in self.bundle.flows.values() for tool in flow.tools}
        return tools | set(self.bundle.targets) | {name for flow in self.bundle.flows for name in self._agents(flow)}

    def _agents(self, flow: str) -> set[str]:
        from ivr.flow.scenario import cast_of

        return cast_of(self.bundle, flow).agents

    # ---- asking the person

    def _results(self, flow: str, tool: str) -> dict[str, tuple[str, ...]]:
        spec = self.bundle.flows[flow].tools[tool]
        return {**{result.name: tuple(keep.name for keep in result.keep) for result in spec.results}, FAILED: ()}

    def _pick(self, name: str, results: Mapping[str, tuple[str, ...]]) -> "Answer | None":
        """Which result it is, and the values that are kept of it."""
        from ivr.flow.scenario import Answer
        from ivr.flow.text import Place

        self.show()
        typer.echo(f"The flow asks {name}. What is the answer?", err=True)
        names = list(results)
        for number, result in enumerate(names, start=1):
            keeps = f" ({', '.join(results[result])})" if results[result] else ""
            typer.echo(f"  {number}  {result}{keeps}", err=True)
        while (line := self.ask("answer> ")) is not None:
            chosen = line.split()[0] if line else ""
            result = names[int(chosen) - 1] if chosen.isdigit() and 0 < int(chosen) <= len(names) else chosen
            behind = line.partition(" ")[2].strip()
            if result in results and behind.startswith("{"):
                answer, mistakes = read_typed(name, f"{result} {behind}")
                if answer is not None:
                    return answer
                typer.echo(mistakes, err=True)
            elif result in results:
                kept = self._kept(results[result], _pairs(line))
                return None if kept is None else Answer(Place("chat", 1, 1), result=result, kept=kept)
            else:
                typer.echo(f"Type a number from 1 to {len(names)}, or a name.", err=True)
        return None

    def _kept(self, names: tuple[str, ...], written: dict[str, str]) -> dict[str, object] | None:
        kept: dict[str, object] = {}
        for name in names:
            value = written[name] if name in written else self.ask(f"  {name}> ")
            if value is None:
                return None
            if value:
                kept[name] = value
        return kept

    def _ask_for_reply(self, agent: str) -> "Answer | None":
        self.show()
        typer.echo(f"The model of {agent} is asked. What does it answer? Its words, or", err=True)
        typer.echo("  {say: ..., fill: {slot: value}, call: [{tool: {argument: value}}], exit: NAME}", err=True)
        while (line := self.ask("model> ")) is not None:
            if not line:
                continue
            written = line if line.startswith("{") or line in ("down", "blocked") else f"{{say: {_quoted(line)}}}"
            answer, mistakes = read_typed(agent, written)
            if answer is not None:
                return answer
            typer.echo(mistakes, err=True)
        return None


def read_typed(name: str, written: str) -> "tuple[Answer | None, str]":
    """`ok {first_name: Ana}`, `{status: 404}`, `failed`: an answer as a test file has it; or what is wrong with it."""
    from ivr.flow.scenario.answers import read_answers
    from ivr.flow.scenario.reading import Mistakes
    from ivr.flow.text import Place
    from ivr.flow.yaml_tree import Scalar, read_tree

    result, _, kept = written.partition(" ")
    text = f"{{{result}: {kept.strip()}}}" if kept.strip().startswith("{") and not written.startswith("{") else written
    tree, found = read_tree(text, "answer")
    mistakes = Mistakes(found)
    name_tree = Scalar(name, Place("answer", 1, 1), plain=True)
    answers = read_answers(name_tree, tree, mistakes) if tree is not None else None
    if mistakes.messages or not answers:
        told = (" ".join(filter(None, (message.text, message.fix))) for message in mistakes.messages)
        return None, "\n".join(told) or "This is no answer."
    return answers[0], ""


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _pairs(line: str) -> dict[str, str]:
    """`ok first_name=Ana area="N 1"`: the values behind the name."""
    import shlex

    try:
        words = shlex.split(line)[1:]
    except ValueError:
        words = line.split()[1:]
    return dict(word.split("=", 1) for word in words if "=" in word)
