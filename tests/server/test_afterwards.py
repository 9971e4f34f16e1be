"""After a call, on the real server: what became of it, what the caller gave, a summary, and what commands show."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from typer.testing import CliRunner

from ivr.audio.pcm import Pcm
from ivr.cli.calls import app
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.models.engines import Engines
from ivr.models.ports import Summary, TalkLine, TimedTranscript, TimedWord
from ivr.models.profiles import Caps
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.store import Account, Accounts, CallRow, Calls
from ivr.store.leases import Leases
from ivr.units import CallId, Millis
from tests.server.carrier import ACCOUNT as CARRIERS_ACCOUNT
from tests.server.carrier import until
from tests.server.conftest import Server, serving, settings_in
from tests.server.test_chats import write
from tests.server.test_outbound import HELLO

PROJECT = """\
schema: callflow/1
project: tiny
zone: Etc/UTC
entry: {default: desk}
limits: {call: none, silence: none, turns: none, tries_per_question: none}
recording: no
"""
FLOW = """\
schema: callflow/1
flow: desk
start: hello
slots:
  reason: {type: text, ask: How can I help?}
  account: {type: digits, length: 8, private: pii, ask: Your account number?}
nodes:
  hello: [{ask: reason}, {ask: account}, {end: Goodbye.}]
"""
REASON, ACCOUNT, CARD = "My wifi is dead since Monday", "31415926", "4111111111111111"


def lay_out(folder: Path) -> None:
    project = folder / "flows" / "tiny"
    project.mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (project / "desk.flow.yaml").write_text(FLOW, encoding="utf-8")


@dataclass(slots=True)
class Writer:
    """Sums up as it is told to, and keeps what it was given."""

    text: str = "The wifi is dead; the account was found."
    fails: bool = False
    given: list[str] = field(default_factory=list)

    async def summarize(self, talk: Sequence[TalkLine], language: str, deadline: Millis) -> Summary:
        self.given.append(f"{language} {[(one.who, one.text) for one in talk]}")
        if self.fails:
            raise ModelUnavailable("it is down")
        return Summary(self.text, Decimal(1), "writer")


async def account_of(server: Server, call_id: str) -> Account:
    accounts = Accounts(server.database)
    async with asyncio.timeout(20):
        while (made := await accounts.of_call(CallId(call_id))) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return made


async def talked(server: Server, who: str = "+15550107788") -> str:
    first = await write(server, REASON, who=who)
    last = await write(server, ACCOUNT, who=who)
    assert last["outcome"] == "completed", last
    return str(first["id"])


async def test_without_a_model_a_call_is_summed_up_by_what_is_in_it(tmp_path: Path, quick: Engines) -> None:
    lay_out(tmp_path)
    async with serving(settings_in(tmp_path), quick) as server:
        call_id = await talked(server)
        made = await account_of(server, call_id)
        assert (made.disposition, made.language, made.made_by) == ("completed", "en-US", "offline")
        assert [(one["name"], one["value"], one["private"]) for one in made.fields] == [
            ("reason", REASON, False),
            ("account", "••••5926", True),
        ]
        assert made.summary == f"“{REASON}”; reason: {REASON}; account: ••••5926; completed"
    shown = await asyncio.to_thread(CliRunner().invoke, app, ["show", call_id, "--data", str(server.data)])
    assert "became    completed, in en-US" in shown.output
    assert f"fields    reason: {REASON}; account: ••••5926" in shown.output
    assert "medium    in writing" in shown.output and f"summary   “{REASON}" in shown.output
    told = await asyncio.to_thread(CliRunner().invoke, app, ["show", call_id, "--json", "--data", str(server.data)])
    kept = json.loads(told.output)
    assert kept["account"]["disposition"] == "completed" and kept["medium"] == "text"
    assert [line["text"] for line in kept["transcript"]][-1] == "Goodbye."
    assert ACCOUNT not in shown.output + told.output


async def test_a_model_sums_up_without_any_private_value(tmp_path: Path, quick: Engines) -> None:
    lay_out(tmp_path)
    writer = Writer(text="They pay with 4111 1111 1111 1111.")
    async with serving(settings_in(tmp_path), replace(quick, summarizer=writer)) as server:
        made = await account_of(server, await talked(server))
        assert made.made_by == "writer"
        assert made.summary.startswith("They pay with ••••") and "4111" not in made.summary
        (given,) = writer.given
        assert given.startswith("en-US") and REASON in given and "How can I help?" in given
        assert ACCOUNT not in given


async def test_a_model_that_fails_or_may_cost_no_more_keeps_no_call_from_its_summary(
    tmp_path: Path, quick: Engines
) -> None:
    lay_out(tmp_path)
    down = Writer(fails=True)
    async with serving(settings_in(tmp_path), replace(quick, summarizer=down)) as server:
        assert (await account_of(server, await talked(server))).made_by == "offline"
        assert len(down.given) == 1
    writer = Writer()
    settings = settings_in(tmp_path, caps=Caps(hour=Decimal("0.5")))
    async with serving(settings, replace(quick, summarizer=writer)) as server:
        assert (await account_of(server, await talked(server))).made_by == "writer"
        assert (await account_of(server, await talked(server, "ben"))).made_by == "offline"
        assert len(writer.given) == 1


async def test_what_is_never_kept_is_in_no_summary(server: Server) -> None:
    """A card that was typed stands nowhere afterwards, and nothing that stood in for it does."""
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.press("7")
        await server.has_said(sid, "Which card?")
        await stream.quiet()
        for digit in CARD:
            await stream.press(digit)
        await server.has_said(sid, "Until when?")
        await stream.socket.send(stream.upward.stop())
        await stream.closed()
    row = await server.ended(sid)
    made = await account_of(server, row.id)
    assert made.disposition == "left"
    assert {one["name"]: one["value"] for one in made.fields} == {"wish": "card", "card": "••••"}
    assert made.summary == "wish: card; card: ••••; left"


async def test_a_call_whose_summary_was_not_made_has_one_after_the_next_start(tmp_path: Path, quick: Engines) -> None:
    """The process died over it."""
    lay_out(tmp_path)
    async with serving(settings_in(tmp_path), quick) as server:
        call_id = CallId(await talked(server))
        before = await account_of(server, call_id)
        leases = Leases(server.database)
        row = await Calls(server.database).by_id(call_id)
        assert row is not None and row.ended_at is not None
        gone = await leases.take(row.ended_at)
        undone = f"UPDATE accounts SET made_at = NULL, summary = '', holder = '{gone}'"
        await server.database.write(lambda c: c.exec_driver_sql(undone).rowcount)
        await leases.give_back(gone)
    async with serving(settings_in(tmp_path), quick) as server:
        assert await account_of(server, call_id) == before


# ---- when words were said


@dataclass(slots=True)
class Timer:
    """Says of each utterance that its one word lasted from 100 to 400 ms."""

    fault: ModelError | None = None
    heard_ms: list[int] = field(default_factory=list)
    rate_hz: int = 16_000

    async def timed(self, chunk: Pcm, deadline: Millis) -> TimedTranscript:
        self.heard_ms.append(chunk.ms)
        if self.fault is not None:
            raise self.fault
        return TimedTranscript("hello", (TimedWord("hello", Millis(100), Millis(400)),))


async def spoken_call(server: Server) -> CallRow:
    """The caller says something to the first question, and hangs up."""
    phone = Phone(Dialling(server.url, account_sid=CARRIERS_ACCOUNT))
    async with asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(phone.call())
        await phone.on_line.wait()
        await until(lambda: phone.playback.end_ms > 0 and phone.now() > phone.playback.end_ms + 300, 20)
        phone.speak(HELLO)
        async with asyncio.timeout(20):
            while not [turn for turn in await server.turns(phone.call_sid) if turn.who == "caller"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        phone.hang_up()
    assert calling.result().how == "caller_left"
    return await server.ended(phone.call_sid)


async def test_words_have_their_times_where_a_recogniser_tells_them(tmp_path: Path, quick: Engines) -> None:
    timer = Timer()
    async with serving(settings_in(tmp_path, word_times=True), replace(quick, word_timer=timer)) as server:
        row = await spoken_call(server)
        made = await account_of(server, row.id)
        (turn,) = [turn for turn in await server.turns(row.call_sid) if turn.who == "caller"]
        (word,) = made.words[turn.no]
        assert turn.end_ms is not None and turn.at_ms - 300 < word.from_ms < turn.end_ms
        assert (word.word, word.to_ms - word.from_ms) == ("hello", 300)
        assert abs(timer.heard_ms[0] - (turn.end_ms - turn.at_ms + 500)) < 150
    told = await asyncio.to_thread(CliRunner().invoke, app, ["show", row.id, "--json", "--data", str(server.data)])
    said = next(line for line in json.loads(told.output)["transcript"] if line["who"] == "caller")
    assert said["words"] == [{"word": "hello", "from_ms": word.from_ms, "to_ms": word.to_ms}]


async def test_who_never_tells_when_words_were_said_is_asked_once(tmp_path: Path, quick: Engines) -> None:
    timer = Timer(fault=ModelRefused("no verbose_json here", "request"))
    async with serving(settings_in(tmp_path, word_times=True), replace(quick, word_timer=timer)) as server:
        for _ in range(2):
            made = await account_of(server, (await spoken_call(server)).id)
            assert made.words == {} and made.summary
    assert len(timer.heard_ms) == 1
