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
    "wait": (
        *("hold on", "hold on a second", "hold on a moment", "hold on a minute", "hang on", "hang on a second"),
        *("one moment", "one second", "just a moment", "just a second", "just a minute", "wait a moment"),
        *("wait a minute", "wait a second", "give me a moment", "give me a minute", "give me a second"),
    ),
}
WAIT_MS: Final = 60_000
"""How long a caller who asks for time has, where the flow says nothing."""
NOTHING: Final = (
    *("nothing", "nothing at all", "neither", "none", "none of them", "neither of them", "never mind", "forget it"),
    *("no", "nope", "leave it", "leave it as it is", "it's fine", "that's fine", "it's all right"),
    "everything is right",
)
"""Said where it is asked what to change: nothing is."""
MORE: Final = ("more", "others", "other ones", "next", "what else", "anything else", "something else", "none of these")
"""Said for the next page of a list where the flow has no words for it."""
RESUME: Final = (
    *("I'm back", "I'm here", "I'm ready", "ready", "go on", "continue", "let's go on", "okay", "I have it"),
    "I've got it",
    *("got it", "I found it", "here it is", "hello", "are you there", "are you still there"),
)
"""Said by a caller who asked for time and has had enough of it."""
LATER: Final[frozenset[str]] = frozenset()
