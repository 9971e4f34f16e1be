"""What type a value in a condition has, and whether two of them can meet."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal

from ivr.flow.grammar.names import Complaint, NameTable
from ivr.flow.grammar.tokens import Token, read_date, read_duration, read_number, read_time
from ivr.flow.grammar.tree import (
    Clock,
    Compare,
    CompareOp,
    Condition,
    Const,
    Count,
    Empty,
    Has,
    HoursOpen,
    JsonPath,
    Operand,
    Ref,
    Shift,
    Sum,
    Truth,
    Visits,
)
from ivr.flow.messages import Message, nearest
from ivr.flow.text import Place
from ivr.flow.types import CHOSEN, Type

WORDY: Final = frozenset({Type.DIGITS, Type.NAME, Type.TEXT, Type.PHONE, Type.EMAIL, Type.SPELLED})
"""These compare with quoted text and with each other."""
COUNTED: Final = frozenset({Type.NUMBER, Type.MONEY})
DATED: Final = frozenset({Type.DATE, Type.TIME, Type.MOMENT})
SPOKEN_TYPE: Final = {
    Type.YES_NO: "yes or no",
    Type.CHOICE: "choice",
    Type.MONEY: "amount of money",
    Type.EMAIL: "mail address",
    Type.PHONE: "phone number",
    Type.SPELLED: "spelled word",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """`type` None: a path into a tool's answer, which has whatever type it has. `options`: names of a choice."""

    operand: Operand
    type: Type | None
    at: int
    width: int
    name: str = ""
    options: tuple[str, ...] = ()
    says: str = ""
    bounds: tuple[Decimal, Decimal] | None = None
    of: Type | None = None
    """A list's items; None: records."""
    fact: bool = False

    @property
    def spoken(self) -> str:
        kind = "fact" if self.fact else SPOKEN_TYPE.get(self.type, self.type.value) if self.type else "answer"
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{self.name} ({article} {kind})" if self.name else kind


class Typist:
    """Makes typed trees of one text; mistakes of type gather in `messages`, so that one pass finds all."""

    def __init__(self, text: str, place: Place, names: NameTable) -> None:
        self._text = text
        self._place = place
        self._names = names
        self.messages: list[Message] = []

    def message(self, code: str, said: str, at: int, width: int, *, fix: str = "", why: str = "") -> Message:
        place = Place(self._place.file, self._place.line, self._place.column + at)
        return Message(place, code, said, width=max(1, width), fix=fix, why=why)

    def later(self, what: str, token: Token) -> Message:
        return self.message("IVR190", f'"{what}" is known, but not in this version.', token.at, token.width)

    def operand(self, token: Token) -> Typed:
        match token.kind:
            case "text":
                return Typed(Const(token.text, Type.TEXT), Type.TEXT, token.at, token.width)
            case "number":
                return self.number(token.text, token)
            case "path":
                return self._path(token)
            case "date":
                return self._written(token, Type.DATE, read_date(token.text), "a date of the calendar")
            case "time":
                return self._written(token, Type.TIME, read_time(token.text), "a time of day")
            case "duration":
                return self._written(token, Type.DURATION, read_duration(token.text), "a length of time")
            case _:
                return self._word(token)

    def number(self, text: str, token: Token) -> Typed:
        number = read_number(text)
        if number is None:
            self.messages.append(self.message("IVR202", "This number is too long.", token.at, token.width))
        return Typed(Const(number or Decimal(0), Type.NUMBER), Type.NUMBER, token.at, len(text))

    def _written(self, token: Token, kind: Type, value: object, what: str) -> Typed:
        if value is None:
            self.messages.append(self.message("IVR202", f'"{token.text}" is not {what}.', token.at, token.width))
            return Typed(Const("", Type.TEXT), None, token.at, token.width)
        return Typed(Const(value, kind), kind, token.at, token.width)  # type: ignore[arg-type]

    def _path(self, token: Token) -> Typed:
        if not self._names.json:
            text = "A path from $ is a part of a tool's answer, and stands only in when: of a result."
            self.messages.append(self.message("IVR203", text, token.at, token.width))
        return Typed(JsonPath(json_parts(token.text)), None, token.at, token.width)

    def _word(self, token: Token) -> Typed:
        word, at, width = token.text, token.at, token.width
        match word:
            case "today":
                return Typed(Clock("today"), Type.DATE, at, width, "today")
            case "now":
                return Typed(Clock("now"), Type.MOMENT, at, width, "now")
            case "yes" | "no":
                return Typed(Const(word == "yes", Type.YES_NO), Type.YES_NO, at, width)
            case "visits":
                return Typed(Visits(), Type.NUMBER, at, width, "visits")
        path = tuple(word.split("."))
        named = self._names.find(path)
        if path[0] == "hours" and (named is None or named.type is Type.WEEK):
            raise Complaint(self._no_hours(path, token))
        if named is None and self._names.is_later(path):
            raise Complaint
        if named is None:
            like = self._names.like(path)
            fix = f'Did you mean "{like}"?' if like else f'If it is a word, put it in quotes: "{word}".'
            text = f'Nothing here has the name "{word}".'
            self.messages.append(self.message("IVR206", text, at, width, fix=fix))
            return Typed(Ref(path, Type.TEXT), None, at, width)
        if named.unsure:
            return Typed(Ref(path, named.type, self.place_of(token)), None, at, width, word)
        chosen = named.type in CHOSEN or named.of in CHOSEN
        return Typed(
            Ref(path, named.type, self.place_of(token), named.fact),
            named.type,
            at,
            width,
            word,
            tuple(named.options or ()) if chosen else (),
            named.says,
            named.bounds,
            named.of,
            named.fact,
        )

    def place_of(self, token: Token) -> Place:
        return Place(self._place.file, self._place.line, self._place.column + token.at)

    def _no_hours(self, path: tuple[str, ...], token: Token) -> Message:
        known = self._names.hours
        if known is None:
            return self.later("hours", Token("word", "hours", token.at, 5))
        if len(path) > 1 and path[1] not in known:
            like = nearest(path[1], known)
            fix = f'Did you mean "hours.{like}"?' if like else "Declare them under hours: in project.yaml."
            return self.message("IVR216", f'There are no hours "{path[1]}".', token.at, token.width, fix=fix)
        name = path[1] if len(path) > 1 else "office"
        behind = self._text[token.at + token.width :].split()
        if behind[:1] == ["is"] and behind[1:2] in (["closed"], ["shut"]):
            text, fix = f'Hours are open or not open; "{behind[1]}" is not read.', f"Write  hours.{name} is not open."
            at = self._text.index(behind[1], token.at)
            return self.message("IVR205", text, at, len(behind[1]), fix=fix)
        text = f"{token.text} alone is neither true nor false."
        fix = f"Write  hours.{name} is open,  or  hours.{name}.next  for the moment they next open."
        return self.message("IVR205", text, token.at, token.width, fix=fix)

    # ---- lists and hours

    def hours(self, token: Token, on: Typed | None, at: Typed | None, negated: bool) -> Condition:
        path = tuple(token.text.split("."))
        if len(path) != 2 or path[1] not in (self._names.hours or ()):
            raise Complaint(self._no_hours(path, token))
        if on is not None:
            self._require(on, {Type.DATE}, 'After "on" comes a date', "such as  on 2026-12-24.")
        if at is not None and on is not None:
            self._require(at, {Type.TIME}, 'After "on ... at" comes a time of day', "such as  at 19:00.")
        elif at is not None:
            self._require(at, {Type.TIME, Type.MOMENT}, 'After "at" comes a time or a moment', "such as  at 19:00.")
        return HoursOpen(path[1], on.operand if on else None, at.operand if at else None, negated, self.place_of(token))

    def _require(self, value: Typed, kinds: set[Type], said: str, fix: str) -> None:
        if value.type is not None and value.type not in kinds:
            text = f"{said}; this is {value.spoken}."
            self.messages.append(self.message("IVR204", text, value.at, value.width, fix=f"Write it {fix}"))

    def count(self, token: Token, items: Typed) -> Typed:
        if items.type is not None and items.type is not Type.LIST:
            text = f'"count of" is for lists; this is {items.spoken}.'
            self.messages.append(self.message("IVR205", text, items.at, items.width))
        return Typed(Count(items.operand), Type.NUMBER, token.at, items.at + items.width - token.at)

    def has(self, items: Typed, item: Typed, token: Token) -> Condition:
        if items.type is not None and items.type is not Type.LIST:
            text = f'"has" is for lists; this is {items.spoken}.'
            self.messages.append(self.message("IVR205", text, token.at, token.width, fix='Write "is", or "in [...]".'))
            return Has(items.operand, item.operand)
        if items.type is None:
            return Has(items.operand, item.operand)
        if items.of is None:
            text = f"{items.name} is a list of records: it can be counted, and be empty, and no more."
            self.messages.append(self.message("IVR205", text, token.at, token.width))
            return Has(items.operand, item.operand)
        one = replace(items, type=items.of, name=f"an item of {items.name}")
        return Has(items.operand, self.fit("is", one, item, token)[1])

    # ---- two values meet

    def compare(self, op: CompareOp, left: Typed, right: Typed, token: Token) -> Condition:
        fitted = self.fit(op, left, right, token)
        return Compare(op, *fitted)

    def empty(self, value: Typed, negated: bool) -> Condition:
        if value.fact:
            self.messages.append(self._alone(value))
        return Empty(value.operand, negated)

    def _alone(self, fact: Typed) -> Message:
        text = f"{fact.spoken} holds or does not hold, and is compared with nothing."
        fix = f"Write  {fact.name}  or  not {fact.name}."
        return self.message("IVR205", text, fact.at, fact.width, fix=fix)

    def truth(self, value: Typed) -> Condition:
        if value.type not in (None, Type.YES_NO):
            text = f"{value.spoken} alone is neither true nor false."
            fix = f"Compare it, such as  {value.name or 'name'} is ..."
            if value.type is Type.LIST:
                fix = f"Write  {value.name} is not empty."
            self.messages.append(self.message("IVR205", text, value.at, value.width, fix=fix))
        return Truth(value.operand)

    def fitted(self, value: Typed) -> Operand:
        return value.operand

    def fit(self, op: CompareOp, left: Typed, right: Typed, token: Token) -> tuple[Operand, Operand]:
        """Both operands, a written text made an option's name where it meets a choice."""
        for one in (left, right):
            if one.fact or one.type is Type.LIST:
                self.messages.append(self._alone(one) if one.fact else self._listed(one))
                return left.operand, right.operand
        if left.type is None or right.type is None:
            return left.operand, right.operand
        self._require_order(op, left, right, token)
        if Type.PHONE in (left.type, right.type):
            return self._phone(op, left), self._phone(op, right)
        if left.type in CHOSEN and isinstance(right.operand, Const) and right.type is Type.TEXT:
            return left.operand, self._option(left, right).operand
        if right.type in CHOSEN and isinstance(left.operand, Const) and left.type is Type.TEXT:
            return self._option(right, left).operand, right.operand
        if not _meet(left.type, right.type):
            self.messages.append(self._misfit(left, right))
        elif op != "starts with" and Type.DIGITS in (left.type, right.type):
            self._require_digits(left, right)
        return left.operand, right.operand

    def _require_digits(self, left: Typed, right: Typed) -> None:
        for digits, text in ((left, right), (right, left)):
            if not (digits.type is Type.DIGITS and _is_text(text) and isinstance(text.operand, Const)):
                continue
            written = str(text.operand.value)
            if not (written.isascii() and written.isdigit()):
                said = f'{digits.spoken} has digits and nothing else; "{written}" would never be true.'
                bare = "".join(c for c in written if c in "0123456789")
                fix = f'Did you mean "{bare}"?' if bare else f"Write  {digits.name} is empty  if that is meant."
                self.messages.append(self.message("IVR204", said, text.at, text.width, fix=fix))

    def _listed(self, value: Typed) -> Message:
        text = f"{value.spoken} is many values, and is not compared with one."
        fix = f"Write  {value.name} has ...,  count of {value.name}  or  {value.name} is empty."
        return self.message("IVR205", text, value.at, value.width, fix=fix)

    def _phone(self, op: CompareOp, value: Typed) -> Operand:
        """Phone numbers are held with + and their country, and written so in a condition; gaps do not count."""
        if not _is_text(value) or not isinstance(value.operand, Const):
            return value.operand
        number = "".join(c for c in str(value.operand.value) if c not in " -().")
        plain = re.fullmatch(r"\+[0-9]*" if op == "starts with" else r"\+[1-9][0-9]{5,14}", number, re.ASCII)
        if plain is None:
            text = f'"{value.operand.value}" would never be a phone number here: they begin with + and their country.'
            fix = 'Such as "+15550107788".'
            self.messages.append(self.message("IVR217", text, value.at, value.width, fix=fix))
        return Const(number, Type.TEXT)

    def _option(self, choice: Typed, text: Typed) -> Typed:
        assert isinstance(text.operand, Const)
        said = str(text.operand.value)
        for option in choice.options:
            if option.casefold() == said.casefold():
                return replace(text, operand=Const(option, choice.type or Type.CHOICE), type=choice.type)
        like = nearest(said, choice.options)
        fix = f'Did you mean "{like}"?' if like else "It has " + ", ".join(f'"{o}"' for o in choice.options) + "."
        message = f'{choice.name} has no option "{said}"; it would never be true.'
        self.messages.append(self.message("IVR207", message, text.at, text.width, fix=fix))
        return text

    def _misfit(self, left: Typed, right: Typed) -> Message:
        named, other = (left, right) if left.name or not right.name else (right, left)
        what = f'"{other.operand.value}" (text)' if _is_text(other) else other.spoken  # type: ignore[union-attr]
        if isinstance(other.operand, Const) and not _is_text(other) and not other.name:
            what = f"{self._text[other.at : other.at + other.width]} ({other.spoken})"
        text = f"This compares {named.spoken} with {what}; it would never be true."
        fix = ""
        if named.says:
            fix = f"{named.says}."
            if named.bounds and _is_text(other):
                low, high = named.bounds
                fix = f"{named.says}: did you mean  {named.name} >= {low + round((high - low) * Decimal('0.7'))} ?"
        elif _is_text(other) and named.type in COUNTED:
            fix = "Write the number without quotes."
        elif other.type is Type.NUMBER and named.type is Type.DURATION:
            bare = self._text[other.at : other.at + other.width]
            fix = f"Write its unit, such as  {bare} hours  or  {bare} days."
        elif other.type is Type.NUMBER and named.type in WORDY:
            fix = f'Put it in quotes: "{self._text[other.at : other.at + other.width]}".'
        return self.message("IVR204", text, other.at, other.width, fix=fix)

    def _require_order(self, op: CompareOp, left: Typed, right: Typed, token: Token) -> None:
        """The comparison is one that the left side's type has."""
        said, fix = "", ""
        if op in ("<", "<=", ">", ">=") and left.type not in COUNTED | {Type.DURATION}:
            words = {"<": "before", "<=": "on or before", ">": "after", ">=": "on or after"}
            said = f"{left.spoken} cannot be compared with {op}."
            fix = f'Write "{words[op]}".' if left.type in DATED else 'Write "is".'
        elif op in ("before", "after", "on or before", "on or after") and left.type not in DATED:
            signs = {"before": "<", "on or before": "<=", "after": ">", "on or after": ">="}
            said, fix = f'"{op}" is for dates and times; this is {left.spoken}.', f"Write {signs[op]}."
        elif op == "starts with" and left.type not in WORDY:
            said = f'"starts with" is for text and digits; this is {left.spoken}.'
        if said and _meet(left.type, right.type):
            self.messages.append(self.message("IVR205", said, token.at, token.width, fix=fix))

    def sum(self, op: Literal["+", "-", "*"], left: Typed, right: Typed, sign: Token) -> Typed:
        width = right.at + right.width - left.at
        if left.type is None or right.type is None:
            if isinstance(left.operand, JsonPath) or isinstance(right.operand, JsonPath):
                return self._no_sum(op, left, right, sign)
            return replace(left, operand=Sum(op, left.operand, right.operand), type=None, name="", width=width)
        if left.type in DATED and right.type is Type.DURATION and op != "*" and isinstance(right.operand, Const):
            return self._shift(op, left, right, width)
        if left.type not in COUNTED or right.type not in COUNTED:
            return self._no_sum(op, left, right, sign)
        if op == "*" and left.type is right.type is Type.MONEY:
            return self._no_sum(op, left, right, sign)
        kind = Type.MONEY if Type.MONEY in (left.type, right.type) else Type.NUMBER
        return Typed(Sum(op, left.operand, right.operand), kind, left.at, width)

    def _shift(self, op: str, left: Typed, right: Typed, width: int) -> Typed:
        assert isinstance(right.operand, Const) and isinstance(right.operand.value, timedelta)
        by = right.operand.value
        if left.type is Type.DATE and by % timedelta(days=1):
            text = f"{left.name or 'a date'} is a day: only whole days can be added to it."
            self.messages.append(self.message("IVR205", text, right.at, right.width))
        return Typed(Shift(left.operand, by if op == "+" else -by), left.type, left.at, width)

    def _no_sum(self, op: str, left: Typed, right: Typed, sign: Token) -> Typed:
        text = f"{left.spoken} {op} {right.spoken} has no meaning."
        fix = "Numbers and money take +, - and *; dates and times take a length of time, such as  + 30 days."
        self.messages.append(self.message("IVR205", text, sign.at, sign.width, fix=fix))
        return Typed(left.operand, None, left.at, right.at + right.width - left.at)


def json_parts(path: str) -> tuple[str | int, ...]:
    """`$.a.b[0]` to ("a", "b", 0)."""
    parts: list[str | int] = []
    for piece in path.lstrip("$").replace("[", ".[").split("."):
        if piece:
            parts.append(int(piece[1:-1][:9]) if piece.startswith("[") else piece)
    return tuple(parts)


def _is_text(value: Typed) -> bool:
    return isinstance(value.operand, Const) and value.type is Type.TEXT


def _meet(left: Type | None, right: Type | None) -> bool:
    if left is None or right is None or left is right:
        return True
    return (left in WORDY and right in WORDY) or (left in COUNTED and right in COUNTED)
