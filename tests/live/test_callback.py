"""Messages, callbacks and music in a live call."""

from dataclasses import replace
from itertools import pairwise

from ivr.flow.flow import Bundle, Filler
from ivr.flow.state import BookCallback, Send
from tests.call.textflow import line, prompt
from tests.flow.language.trial import PROJECT, bundle_of
from tests.live.line import trial
from tests.live.test_bounds import until_it_ends
from tests.live.test_silence import at_the_tool

FLOW = """
slots: {go: {type: yes_no, ask: Shall we call you?}}
nodes:
  first:
    - ask: go
    - text: caller
      body: We will call you.
    - {callback: care, within: 2h, on: {failed: {end: Please call again.}}}
    - end: Somebody will call you back.
after_call: [{post: crm/v1/notes, body: {outcome: "{call.outcome}"}}]
"""


async def test_it_is_promised_once_it_is_written_down() -> None:
    async with trial(bundle_of(FLOW, PROJECT)) as call:
        await call.heard_out()
        await call.press("1")
        await until_it_ends(call, 30_000)
        assert call.notebook.heard[-1] == "Somebody will call you back."
        text, booked, note = call.notebook.sent
        assert isinstance(text, Send) and isinstance(booked, BookCallback) and isinstance(note, Send)
        assert (text.number, booked.number, note.body) == ("+15550199", "+15550199", {"outcome": "completed"})


async def test_it_is_not_promised_where_it_cannot_be_written_down() -> None:
    async with trial(bundle_of(FLOW, PROJECT)) as call:
        call.notebook.full = True
        await call.heard_out()
        await call.press("1")
        await until_it_ends(call, 30_000)
        assert call.notebook.heard[-1] == "Please call again."


async def test_a_caller_who_hangs_up_leaves_a_note() -> None:
    async with trial(bundle_of(FLOW, PROJECT)) as call:
        await call.heard_out()
        call.call.hung_up()
        await until_it_ends(call, 30_000)
        assert [deed.body for deed in call.notebook.sent if isinstance(deed, Send)] == [{"outcome": "caller_left"}]


def with_music() -> Bundle:
    bundle = line()
    flow = bundle.flows["line"]
    filler = Filler((prompt("Let me look that up."), prompt("Still looking.")), every_ms=4000, music="hold")
    tools = {**flow.tools, "look_up": replace(flow.tools["look_up"], filler=filler, timeout_ms=30_000)}
    return replace(bundle, flows={"line": replace(flow, tools=tools)})


async def test_a_long_wait_is_filled_with_lines_and_music_and_nothing_else() -> None:
    async with trial(with_music()) as call:
        began = await at_the_tool(call)
        said = len(call.notebook.heard)
        await call.wait(12_000)
        assert call.notebook.heard[said:] == ["Let me look that up.", "Still looking."]
        assert call.notebook.silences == []
        sounded = [(at, until) for at, until in call.far.heard if until > began]
        gaps = [later[0] - earlier[1] for earlier, later in pairwise(sounded)]
        assert max(gaps) < 300, "the music goes on behind each line"
