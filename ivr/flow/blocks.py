"""Messages as blocks of text for a terminal: the line, a mark under the word, and why it matters."""

from collections.abc import Iterable, Mapping

from ivr.flow.codes import CODES
from ivr.flow.messages import Message


def block(message: Message, text: str | None, *, folder: str = "") -> str:
    """One message. `text` is its file's, for the line it is about; `folder` is put before the file's name."""
    place = message.place
    named = f"{folder.rstrip('/')}/{place.file}" if folder else place.file
    head = f"{named}:{place.line}:{place.column}  {message.severity}  {message.code}  {message.text}"
    lines = text.splitlines() if text is not None else []
    out = [head]
    if 0 < place.line <= len(lines):
        source = lines[place.line - 1].replace("\t", " ").rstrip()
        # the mark is aimed at characters, so a long line is cut around it
        first = max(0, place.column - 1 - 70) if len(source) > 140 else 0
        shown = source[first : first + 140]
        gutter = max(5, len(str(place.line)) + 1)
        mark = " " * (place.column - 1 - first) + "^" * max(1, min(message.width, 140))
        out.append(f"{place.line:>{gutter}} | {shown}")
        out.append(f"{'':>{gutter}} | {mark}{' ' + _mark_fix(message.fix) if message.fix else ''}")
    elif message.fix:
        out.append(f"   {message.fix}")
    code = CODES.get(message.code)
    why = message.why or (code.why if code else "")
    out.append(f"   why: {why}   docs: ivr help {message.code}" if why else f"   docs: ivr help {message.code}")
    return "\n".join(out)


def _mark_fix(fix: str) -> str:
    """Beside the mark a question goes on in the same line."""
    return fix[0].lower() + fix[1:] if fix.startswith("Did you mean") else fix


def blocks(messages: Iterable[Message], files: Mapping[str, str], *, folder: str = "") -> str:
    return "\n".join(block(message, files.get(message.place.file), folder=folder) for message in messages)


def summary(messages: Iterable[Message], files: int, seconds: float) -> str:
    """2 errors, 1 warning in 3 files (0.18 s)"""
    listed = list(messages)
    errors = sum(message.severity == "error" for message in listed)
    warnings = len(listed) - errors
    counted = [_count(errors, "error"), _count(warnings, "warning")]
    return f"{', '.join(counted)} in {_count(files, 'file')} ({seconds:.2f} s)"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
