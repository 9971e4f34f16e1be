"""Words of a question that tell it from others: what a caller may call an answer who does not know its name."""

import re
from typing import Final

from ivr.flow.flow import Prompt
from ivr.flow.numerals import ORDINALS, SCALES, TEENS, TENS, UNITS

_PLAIN: Final = frozenset(
    ["a", "about", "after", "all", "an", "and", "any", "anything", "are", "as", "at", "be", "been", "before", "born", "by", "can", "could", "did", "do", "does", "else", "enter", "find", "for", "from", "get", "give", "go", "had", "has", "have", "hello", "help", "here", "how", "i", "if", "in", "into", "is", "it", "its", "just", "know", "let", "like", "long", "many", "may", "me", "more", "much", "must", "my", "need", "new", "now", "of", "off", "okay", "on", "one", "or", "other", "our", "out", "please", "press", "question", "right", "same", "say", "see", "shall", "should", "so", "some", "speak", "spell", "tell", "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they", "thing", "this", "those", "time", "times", "to", "today", "tell", "type", "up", "us", "use", "want", "was", "we", "what", "what's", "when", "where", "which", "who", "whom", "whose", "will", "wish", "wishes", "with", "would", "yes", "you", "your", "yourself", "no", "not", "answer", "type", "else", "wants", "ask", "number", "digit", "digits", "keypad", "key", "date", "day", "name", "amount", "choose", "pick"]
)
"""Words that most questions have, and those that say only of what type the answer is."""


def nouns_of(name: str, ask: Prompt | None) -> tuple[str, ...]:
    """In the written order, each once; numbers do not count."""
    text = " ".join(
        part for variant in (ask.variants if ask else ()) for part in variant.parts if isinstance(part, str)
    )
    words = [*name.lower().split("_"), *re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())]
    numbers = {*UNITS, *TEENS, *TENS, *SCALES, *ORDINALS}
    found = [word for word in words if len(word) > 2 and word not in _PLAIN and word not in numbers]
    return tuple(dict.fromkeys(found))
