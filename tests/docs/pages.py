"""README and docs as tests read them: fenced blocks with their language, their first line and what is noted above."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"```(\w*)\s*$")
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
_FILE = re.compile(r"#\s*(flows/\S+\.yaml)\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    page: Path
    line: int
    """Of its first line of text."""
    language: str
    lines: tuple[str, ...]
    not_run: str | None
    """Why its commands are not run; None where they are."""

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that the block shows whole: its first line names it."""
        match = _FILE.match(self.lines[0]) if self.lines else None
        return match[1] if match else None


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    opened: tuple[int, str] | None = None
    held: list[str] = []
    before = ""
    not_run: str | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        match = _FENCE.match(line)
        if opened is None and match:
            opened, held = (number + 1, match[1]), []
            noted = _NOT_RUN.match(before)
            not_run = noted[1] if noted else None
        elif opened is not None and line.startswith("```"):
            yield Block(page, *opened, tuple(held), not_run)
            opened, before = None, ""
        elif opened is not None:
            held.append(line)
        elif line.strip():
            before = line
    assert opened is None, f"{page}: a block is not closed"
