"""Words that come in writing: they wait for a question that may be answered, and answer it as if they were said, or
typed where they are nothing but keys.

    write ─▶ waiting ─▶ the question is open, and no prompt must be heard first ─┬─ keys ──▶ OpenQuestion.by_keys
                                                                                 └─ words ─▶ a turn that is whole
"""

import re
from collections import deque
from typing import Final

from ivr.flow.state import KeySpec, Listen
from ivr.flow.types import Privacy
from ivr.turn.keys import Entered

MOST_WAITING: Final = 3
GREETING_WORDS: Final = 3
"""What opens a conversation, has no more words and no meaning for the question is a greeting, and no wrong answer."""
_KEYS: Final = re.compile(r"[0-9*#]+")


class Writing:
    def __init__(self) -> None:
        self._waiting: deque[tuple[str, bool]] = deque()

    def __bool__(self) -> bool:
        """Something waits."""
        return bool(self._waiting)

    def keep(self, words: str, *, opening: bool) -> bool:
        """False: more wait already than anybody would answer."""
        if len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append((words, opening))
        return True

    def take(self) -> tuple[str, bool]:
        """The oldest, and whether it opened the conversation."""
        return self._waiting.popleft()

    def drop(self) -> None:
        self._waiting.clear()


def is_for_writing(listen: Listen) -> bool:
    """Whether the question may be answered in writing: what is to be kept nowhere may not."""
    return listen.privacy not in (Privacy.PCI, Privacy.SECRET)


def keys_in(words: str, spec: KeySpec) -> Entered | None:
    """The keys that a message is made of, where the question takes those; None: it is words."""
    keys = "".join(words.split())
    if not _KEYS.fullmatch(keys):
        return None
    if keys in spec.single:
        return Entered(keys, "single")
    digits = keys.removesuffix(spec.end)
    plain = digits.isdecimal() or (spec.decimal and digits.replace("*", "", 1).isdecimal())
    return Entered(digits, "end") if plain and len(digits) <= spec.longest else None
