"""The built-in commands with the words that call them. A project, flow, node or question changes one or switches it
off; operator and cancel do nothing until they have a goto."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, tuple[str, ...]]] = {
    "operator": (
        "operator",
        "a person",
        "representative",
        "agent",
        "speak to someone",
        "talk to a person",
        "speak to a person",
        "a human",
        "talk to someone",
    ),
    "repeat": ("repeat", "repeat that", "say that again", "again please", "what did you say", "pardon"),
    "help": ("help", "help me", "what can I say", "what are my options"),
    "back": ("go back", "back", "previous"),
    "cancel": ("cancel", "never mind", "forget it"),
}
LATER: Final = frozenset({"language", "wait"})
