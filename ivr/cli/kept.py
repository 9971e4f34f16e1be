"""A call that is over, as commands show and export it: for people, as JSON, as WebVTT. Private values stay masked."""

import base64
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ivr.store import Account, Blank, CallRow, Entry, KeptMark, KeptMessage, KeptNote, KeptSend, ToolCall, Turn

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class KeptCall:
    """Everything a view needs of one call."""

    row: "CallRow"
    turns: "list[Turn]"
    tools: "list[ToolCall]"
    marks: "list[KeptMark]"
    notes: "list[KeptNote]"
    recording_ms: int | None
    """None: there is none."""
    blanks: "list[Blank]"
    sends: "list[KeptSend]"
    """Messages that left it, and callbacks."""
    messages: "list[KeptMessage]"
    """What the caller left to be listened to."""
    account: "Account | None" = None
    """What is left of it when it is over; None: nobody has made it yet."""


async def read_rows(folder: Path, limit: int, url: str | None = None) -> "list[CallRow]":
    """The newest first; none where nothing was ever kept. Raises: StoreError."""
    from ivr.store import Calls, open_database

    if url is None and not _has_calls(folder):
        return []
    database = open_database(folder, url)
    try:
        return await Calls(database).latest(limit)
    finally:
        await database.close()


async def read_call(folder: Path, name: str, url: str | None = None) -> KeptCall:
    """`url`: of the PostgreSQL database, if rows are kept there. Raises: NoSuchCall, StoreError."""
    from ivr.errors import StoreError
    from ivr.store import Accounts, Calls, Messages, NoSuchCall, Sends, Turns, open_database, open_recording

    if url is None and not _has_calls(folder):
        raise NoSuchCall(f"no calls yet in {folder}: place one with ivr call")
    database = open_database(folder, url)
    try:
        row = await Calls(database).find(name)
        inside = Turns(database)
        turns, tools = await inside.turns(row.id), await inside.tool_calls(row.id)
        marks, notes = await inside.marks(row.id), await inside.notes(row.id)
        sends = await Sends(database).of_call(row.id)
        left = await Messages(database).of_call(row.id)
        account = await Accounts(database).of_call(row.id)
    finally:
        await database.close()
    try:
        recording = open_recording(folder, row.id)
    except StoreError:
        return KeptCall(row, turns, tools, marks, notes, None, [], sends, left, account)
    return KeptCall(row, turns, tools, marks, notes, recording.ms, recording.blanks(), sends, left, account)


def _has_calls(folder: Path) -> bool:
    return (folder / "ivr.db").exists()


# ---- as JSON


def row_json(row: "CallRow") -> dict[str, Any]:
    kept = {name: _plain(value) for name, value in asdict(row).items() if name not in ("answer", "intent")}
    return kept | {"seconds": length_s(row)}


def call_json(call: KeptCall) -> dict[str, Any]:
    turns = [{name: _plain(value) for name, value in asdict(turn).items() if name != "unmasked"} for turn in call.turns]
    recording = {"ms": call.recording_ms, "blanks": [asdict(blank) for blank in call.blanks]}
    return row_json(call.row) | {
        "turns": turns,
        "tools": [asdict(tool) for tool in call.tools],
        "marks": [asdict(mark) for mark in call.marks],
        "notes": [asdict(note) for note in call.notes],
        "sends": [{name: _plain(value) for name, value in asdict(send).items()} for send in call.sends],
        "messages": [{name: _plain(value) for name, value in asdict(left).items()} for left in call.messages],
        "transcript": transcript_json(call),
        "account": None if call.account is None else account_json(call.account),
        "recorded": None if call.recording_ms is None else recording,
    }


def transcript_json(call: KeptCall) -> list[dict[str, Any]]:
    """What both sides said and heard, masked, in ms since the call began; words with their times where a recogniser
    told them."""
    timed = {} if call.account is None else call.account.words
    lines = []
    for turn in call.turns:
        text = turn.words if turn.who == "caller" else turn.heard
        if text:
            line = {"who": turn.who, "from_ms": turn.at_ms, "to_ms": turn.end_ms, "text": text}
            words = [asdict(word) for word in timed.get(turn.no, ())]
            lines.append(line | ({"words": words} if words else {}))
    return lines


def account_json(account: "Account") -> dict[str, Any]:
    return {
        "summary": account.summary,
        "made_by": account.made_by,
        "disposition": account.disposition,
        "language": account.language,
        "fields": [dict(one) for one in account.fields],
    }


def entry_json(entry: "Entry") -> dict[str, Any]:
    """A journal entry. A private body is left out: it opens with the call's key only."""
    from ivr.store import Unreadable

    kept: dict[str, Any] = {"seq": entry.seq, "at_ms": entry.at_ms, "wall_us": entry.wall_us, "kind": entry.kind}
    match entry.body:
        case Unreadable.ERASED:
            return kept | {"private": True}
        case Unreadable.DAMAGED:
            return kept | {"damaged": True}
        case bytes():
            return kept | {"base64": base64.b64encode(entry.body).decode()}
        case body:
            return kept | {"body": body}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


# ---- for people


def length_s(row: "CallRow") -> float | None:
    """Answer to end; None: it was not answered or is still going on."""
    if row.answered_at is None or row.ended_at is None:
        return None
    return round((row.ended_at - row.answered_at).total_seconds(), 3)


def list_lines(rows: "list[CallRow]") -> list[str]:
    if not rows:
        return []
    cells = [("CALL", "STARTED (UTC)", "LENGTH", "FROM", "FLOW", "ENDED")]
    for row in rows:
        seconds = length_s(row)
        began = row.started_at.strftime("%Y-%m-%d %H:%M:%S")
        ended = row.outcome or ("open" if row.ended_at is None else row.status)
        length = "" if seconds is None else clock(int(seconds * 1000))
        cells.append((row.id, began, length, row.caller, row.flow or "", ended))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _send_line(send: "KeptSend") -> str:
    tries = f" after {send.tries} tries" if send.tries > 1 else ""
    why = f": {send.why}" if send.why else ""
    return f"{send.kind:<9} {send.name}  {send.state}{tries}{why}"


def _message_line(left: "KeptMessage") -> str:
    length = "not ended" if left.to_ms is None else clock(left.to_ms - left.from_ms)
    return f"message   {left.name}  {length}" + (f"  ended by {left.ended_by}" if left.ended_by else "")


def message_wav(folder: Path, left: "KeptMessage") -> bytes:
    """Blocks. Raises: OSError."""
    from ivr.audio import mulaw, wav
    from ivr.store import message_sound

    return wav.write(mulaw.decode(message_sound(folder, left)))


def show_lines(call: KeptCall, *, why: bool = False) -> Iterator[str]:
    """`why`: with the steps of the flow, their conditions and their lines."""
    row = call.row
    yield f"call      {row.id}  ({row.call_sid})"
    yield f"flow      {row.flow or '-'}" + (f"  version {row.bundle[:12]}" if row.bundle else "")
    yield f"from, to  {row.caller}, {row.dialled}"
    if row.medium == "text":
        yield "medium    in writing"
    seconds = length_s(row)
    length = "" if seconds is None else f"  lasted {clock(int(seconds * 1000))}"
    yield f"started   {row.started_at:%Y-%m-%d %H:%M:%S} UTC{length}"
    yield f"ended     {_ended(row)}"
    yield from _account_lines(call)
    yield from _quality_lines(call)
    yield from (_send_line(send) for send in call.sends)
    yield from (_message_line(left) for left in call.messages)
    yield ""
    yield from (
        text for _at, text in sorted([*_happenings(call), *(_reasons(call) if why else ())], key=lambda one: one[0])
    )


def _ended(row: "CallRow") -> str:
    if row.ended_at is None:
        return "still open"
    return _clean(" ".join(filter(None, (row.outcome, f"({row.end_reason})" if row.end_reason else ""))))


def _account_lines(call: KeptCall) -> Iterator[str]:
    account = call.account
    if account is None:
        return
    yield f"became    {_clean(account.disposition)}" + (f", in {account.language}" if account.language else "")
    if account.fields:
        yield "fields    " + _clean("; ".join(f"{one['name']}: {one['value']}" for one in account.fields))
    yield f"summary   {_clean(account.summary)}  ({_clean(account.made_by)})"


def _quality_lines(call: KeptCall) -> Iterator[str]:
    if call.recording_ms is None:
        yield "recording none"
    else:
        yield f"recording {clock(call.recording_ms)}" + "".join(
            f", {blank.why} {blank.side} from {clock(blank.from_ms)}" for blank in call.blanks
        )
    quality = call.row.quality
    if quality is not None and quality.line is not None:
        from ivr.call.line_report import in_words

        verdict, *others = in_words(quality.line)
        yield f"line      {_clean(verdict)}"
        yield from (f"          {_clean(other)}" for other in others)
    if quality is not None:
        yield (
            f"sound     {quality.gaps_ms} ms missing, {quality.late_frames} frames late, {quality.underruns} underruns,"
            f" {quality.lost_ms} ms not recorded, {quality.bad_messages} bad messages"
        )


def _happenings(call: KeptCall) -> Iterator[tuple[int, str]]:
    for turn in call.turns:
        yield turn.at_ms, f"{clock(turn.at_ms)}  {turn.who:<6}  {_words(turn)}"
    for tool in call.tools:
        result = tool.result or tool.state
        took = "" if tool.ms is None else f" in {tool.ms} ms"
        yield tool.at_ms, f"{clock(tool.at_ms)}  tool    {_clean(tool.tool)} -> {_clean(result)}{took}"


def _reasons(call: KeptCall) -> Iterator[tuple[int, str]]:
    for note in call.notes:
        detail = f" {_clean(note.detail)}" if note.detail else ""
        yield note.at_ms, f"{clock(note.at_ms)}  {note.kind:<6}  {_clean(note.what)}{detail}  {note.place}".rstrip()


def _words(turn: "Turn") -> str:
    said = turn.words if turn.who == "caller" else turn.generated
    parts = [_clean(said) or "-"]
    if turn.written:
        parts.append("[written]")
    if turn.interrupted:
        parts.append(f"[interrupted; heard: {_clean(turn.heard) or 'nothing'}{_proved(turn)}]")
    if turn.score is not None:
        parts.append(f"[score {turn.score:.2f}]")
    if turn.latencies:
        parts.append("[" + ", ".join(f"{stage} {ms} ms" for stage, ms in turn.latencies.items()) + "]")
    return "  ".join(parts)


def _proved(turn: "Turn") -> str:
    """How much of what was heard the carrier has acknowledged; the rest is reckoned from time."""
    if turn.acknowledged_ms is None or turn.end_ms is None or not turn.heard:
        return ""
    return f" ({turn.acknowledged_ms} of {turn.end_ms - turn.at_ms} ms acknowledged)"


def clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02}.{ms % 1000 // 100}"


def _clean(text: str) -> str:
    """Without what would steer a terminal."""
    return _CONTROL.sub(" ", text)


# ---- as WebVTT


def vtt(call: KeptCall) -> str:
    """Cues of what was said and heard, one voice a side."""
    blocks = ["WEBVTT", f"NOTE call {call.row.id}; private values are masked"]
    for turn in call.turns:
        text = turn.words if turn.who == "caller" else turn.heard
        if text:
            end = max(turn.end_ms or 0, turn.at_ms + 500)
            voice = "Caller" if turn.who == "caller" else "Bot"
            blocks.append(f"{turn.no}\n{_stamp(turn.at_ms)} --> {_stamp(end)}\n<v {voice}>{_escaped(text)}")
    return "\n\n".join(blocks) + "\n"


def _stamp(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _escaped(text: str) -> str:
    return _clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
