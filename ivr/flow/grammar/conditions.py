"""Conditions and values, read by recursive descent and typed on the way.

    condition = both { "or" both }          both = single { "and" single }
    single    = "not" single | "(" condition ")" | hours | value [ compare ]
    compare   = ("<" | "<=" | ">" | ">=") value | ["is"] order value | "is" ["not"] ("empty" | value)
              | ["is"] ["not"] "in" "[" value { "," value } "]" | "starts with" value | "has" value
    order     = "before" | "after" | "on or before" | "on or after"
    hours     = "hours." name "is" ["not"] "open" ["on" value] ["at" value]
    value     = product { ("+" | "-") product }     product = item { "*" item }     item = ["count of"] operand

A bare word is always a name; text stands in quotes. Operands of different types are a mistake, not a false answer.
"""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from ivr.flow.grammar.names import Complaint, NameTable
from ivr.flow.grammar.tokens import Token, Unreadable, tokens_of
from ivr.flow.grammar.tree import And, CompareOp, Condition, In, Not, Operand, Or
from ivr.flow.grammar.typist import Typed, Typist
from ivr.flow.messages import Message
from ivr.flow.text import Place

T = TypeVar("T")

LONGEST: Final = 2000
"""Characters of one condition."""
DEEPEST: Final = 30
"""Brackets and nots inside each other."""
ORDERS: Final[dict[str, CompareOp]] = {
    "before": "before",
    "after": "after",
    "on or before": "on or before",
    "on or after": "on or after",
}
SIGNS: Final[dict[str, CompareOp]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
TURNED: Final = {
    "before": "on or after",
    "after": "on or before",
    "on or before": "after",
    "on or after": "before",
}
RESERVED: Final = frozenset({"and", "or", "not", "is", "in", "empty", "starts", "with", "as", "has", *ORDERS})


def parse_condition(text: str, place: Place, names: NameTable) -> Condition:
    """`place` is where the first character of `text` stands. Raises Complaint with every mistake of type, or the first
    of form."""
    return _read(text, place, names, lambda parser: parser.condition(0))


def parse_operand(text: str, place: Place, names: NameTable) -> Typed:
    """A value alone (`be:` of a variable): its tree and its type. Raises Complaint."""
    return _read(text, place, names, lambda parser: parser.value(0))


def _read(text: str, place: Place, names: NameTable, read: Callable[["_Parser"], T]) -> T:
    typist = Typist(text, place, names)
    if len(text) > LONGEST:
        raise Complaint(typist.message("IVR201", f"This condition is longer than {LONGEST} characters.", 0, 1))
    try:
        tokens = tokens_of(text)
    except Unreadable as error:
        raise Complaint(_unreadable(typist, text, error.at)) from None
    parser = _Parser(tokens, typist)
    tree = read(parser)
    parser.finish()
    if typist.messages:
        raise Complaint(*typist.messages)
    return tree


def _unreadable(typist: Typist, text: str, at: int) -> Message:
    if text[at] in "\"'":
        return typist.message("IVR201", "This quote is not closed.", at, 1)
    if text[at] == "=":
        return typist.message("IVR201", "A condition has no =.", at, 1, fix='Write "is".')
    if text[at] in "{}":
        return typist.message(
            "IVR201", "A name in a condition stands without braces.", at, 1, fix="Take the braces out."
        )
    clock = re.match(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap])\.?m", text[at:].lower(), re.ASCII)
    if clock is not None and int(clock[1]) <= 12:
        hour = int(clock[1]) % 12 + (12 if clock[3] == "p" else 0)
        fix = f"Write  {hour:02}:{clock[2] or '00'}."
        return typist.message("IVR201", f'"{clock[0]}" is not a time of day.', at, len(clock[0]), fix=fix)
    day = re.match(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", text[at:], re.ASCII)
    if day is not None:
        return typist.message("IVR201", f'"{day[0]}" is not a date.', at, len(day[0]), fix="Write it like 2026-12-24.")
    return typist.message("IVR201", f'"{text[at]}" has no meaning in a condition.', at, 1)


class _Parser:
    def __init__(self, tokens: list[Token], typist: Typist) -> None:
        self._tokens = tokens
        self._typist = typist
        self._at = 0

    def condition(self, depth: int) -> Condition:
        left = self._both(depth)
        while self._take("or"):
            left = Or(left, self._both(depth))
        return left

    def finish(self) -> None:
        if self._next.kind != "end":
            extra = self._next
            fix = 'Join conditions with "and" or "or".' if extra.kind == "word" else ""
            raise self._complaint(f'"{extra.text}" is too much here.', extra, fix)

    def _both(self, depth: int) -> Condition:
        left = self._single(depth)
        while self._take("and"):
            left = And(left, self._single(depth))
        return left

    def _single(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise self._complaint("This condition has too many brackets inside each other.", self._next)
        if self._take("not"):
            return Not(self._single(depth + 1))
        if self._next.text == "(" and self._next.kind == "sign":
            return self._bracket(depth)
        if self._next.kind == "word" and self._next.text.startswith("hours.") and self._is_open_next():
            return self._hours(depth)
        return self._comparison(depth)

    def _is_open_next(self) -> bool:
        """`is open` or `is not open` behind this word."""
        words = [t.text if t.kind == "word" else "" for t in self._tokens[self._at + 1 : self._at + 4]]
        return words[:2] == ["is", "open"] or words == ["is", "not", "open"]

    def _hours(self, depth: int) -> Condition:
        named = self._advance()
        self._take("is")
        negated = self._take("not")
        self._take("open")
        on = self.value(depth) if self._take("on") else None
        at = self.value(depth) if self._take("at") else None
        return self._typist.hours(named, on, at, negated)

    def _bracket(self, depth: int) -> Condition:
        opening = self._advance()
        inner = self.condition(depth + 1)
        if not self._take_sign(")"):
            raise self._complaint("This bracket is not closed.", opening)
        return inner

    def _comparison(self, depth: int) -> Condition:
        left = self.value(depth)
        sign = self._next
        if sign.kind == "sign" and sign.text in SIGNS:
            self._advance()
            return self._typist.compare(SIGNS[sign.text], left, self.value(depth), sign)
        verb = self._next
        has_is = self._take("is")
        if self._next.kind == "word" and self._next.text in ORDERS:
            order = self._advance()
            return self._typist.compare(ORDERS[order.text], left, self.value(depth), order)
        if self._next.text == "starts" and self._next.kind == "word":
            return self._starts_with(left, depth)
        if not has_is and self._next.text == "has" and self._next.kind == "word":
            has = self._advance()
            return self._typist.has(left, self.value(depth), has)
        negated = self._take("not")
        if self._take("in"):
            return self._in(left, negated, depth)
        if negated and not has_is:
            raise self._complaint('"not" stands before what it turns round, or after "is".', verb)
        if not has_is:
            return self._typist.truth(left)
        if self._take("empty"):
            return self._typist.empty(left, negated)
        if self._next.text in ORDERS and self._next.kind == "word":
            fix = f'Write "{TURNED[self._next.text]}".'
            raise self._complaint(f'"not {self._next.text}" is not a comparison.', self._next, fix)
        return self._typist.compare("is not" if negated else "is", left, self.value(depth), verb)

    def _starts_with(self, left: Typed, depth: int) -> Condition:
        starts = self._advance()
        if not self._take("with"):
            raise self._complaint('"starts" is followed by "with".', starts)
        return self._typist.compare("starts with", left, self.value(depth), starts)

    def _in(self, left: Typed, negated: bool, depth: int) -> Condition:
        opening = self._next
        if not self._take_sign("["):
            raise self._complaint('After "in" comes a list in square brackets.', opening, 'Such as  in ["a", "b"].')
        items: list[Operand] = []
        while True:
            at = self._next
            items.append(self._typist.fit("is", left, self.value(depth), at)[1])
            if self._take_sign("]"):
                return In(self._typist.fitted(left), tuple(items), negated)
            if not self._take_sign(","):
                raise self._complaint("This list is not closed.", opening)

    def value(self, depth: int) -> Typed:
        left = self._product(depth)
        while self._next.kind == "sign" and self._next.text in ("+", "-"):
            sign = self._advance()
            left = self._typist.sum("+" if sign.text == "+" else "-", left, self._product(depth), sign)
        return left

    def _product(self, depth: int) -> Typed:
        left = self._operand(depth)
        while self._next.kind == "sign" and self._next.text == "*":
            sign = self._advance()
            left = self._typist.sum("*", left, self._operand(depth), sign)
        return left

    def _operand(self, depth: int) -> Typed:
        token = self._next
        if token.kind == "sign" and token.text == "-" and self._tokens[self._at + 1].kind == "number":
            self._advance()
            number = self._advance()
            return self._typist.number("-" + number.text, token)
        if token.kind in ("end", "sign") or (token.text in RESERVED and token.kind == "word"):
            raise self._complaint("A value is missing here.", token, "A name, a number, or text in quotes.")
        self._advance()
        if token.kind == "word" and token.text == "count" and self._next.text == "of":
            self._advance()
            return self._typist.count(token, self._operand(depth))
        if token.text == "count" and self._next.kind == "word" and self._next.text not in RESERVED:
            raise self._complaint('Behind "count" stands "of".', token, f"Write  count of {self._next.text}.")
        return self._typist.operand(token)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, word: str) -> bool:
        found = self._next.kind == "word" and self._next.text == word
        if found:
            self._advance()
        return found

    def _take_sign(self, sign: str) -> bool:
        found = self._next.kind == "sign" and self._next.text == sign
        if found:
            self._advance()
        return found

    def _complaint(self, said: str, token: Token, fix: str = "") -> Complaint:
        return Complaint(self._typist.message("IVR201", said, token.at, token.width, fix=fix))
