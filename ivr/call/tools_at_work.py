"""The tools that were sent out and have not answered yet."""

from dataclasses import dataclass

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.outbox import Outbox
from ivr.flow.state import CallToolEffect
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Sent:
    tool: str
    at_ms: Millis
    changes_world: bool


class ToolsAtWork:
    def __init__(self, out: Outbox) -> None:
        self._out = out
        self._sent: dict[str, Sent] = {}

    def __bool__(self) -> bool:
        return bool(self._sent)

    def run(self, asked: CallToolEffect, now: Millis) -> None:
        self._sent[asked.id] = Sent(asked.tool, now, asked.changes_world)
        entry = self._out.keep(now, "ToolSent", {"id": asked.id, "tool": asked.tool})
        self._out.put(fx.KeepToolSent(asked.id, asked.tool, now, asked.changes_world))
        self._out.put(fx.RunTool(asked.id, asked.tool, asked.flow, asked.arguments, asked.changes_world, entry))

    def take(self, tool_id: str) -> Sent | None:
        """It answered; None: nobody waits for it."""
        return self._sent.pop(tool_id, None)

    def keep(self, sent: Sent, event: ev.ToolReplied) -> None:
        """Once the flow was told: what it noted of the answer is how it is written down."""
        named = self._out.noted("tool", sent.tool) or event.reply.error or event.reply.result or "late"
        self._out.put(fx.KeepTool(event.id, sent.tool, sent.at_ms, event.ms, named, sent.changes_world))

    def drop(self) -> None:
        """They are not waited for any more."""
        self._sent.clear()
