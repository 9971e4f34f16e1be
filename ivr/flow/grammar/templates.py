"""Words with fields: `{name}`, `{name as form}`, `{name or 'text'}`; a form and an `or` may stand together."""

import re
from typing import Final

from ivr.flow.grammar.names import Complaint, Named, NameTable
from ivr.flow.grammar.tree import Field, Template
from ivr.flow.messages import Message, nearest
from ivr.flow.text import Place
from ivr.flow.types import CHOSEN, Type

FORMS: Final[dict[str, frozenset[Type]]] = {
    "money": frozenset({Type.MONEY, Type.NUMBER}),
    "number": frozenset({Type.NUMBER}),
    "ordinal": frozenset({Type.NUMBER}),
    "date": frozenset({Type.DATE, Type.MOMENT}),
    "day": frozenset({Type.DATE, Type.MOMENT}),
    "weekday": frozenset({Type.DATE, Type.MOMENT}),
    "time": frozenset({Type.TIME, Type.MOMENT}),
    "digits": frozenset({Type.DIGITS, Type.NUMBER, Type.PHONE, Type.TEXT, Type.SPELLED}),
    "spelled": frozenset({Type.TEXT, Type.NAME, Type.EMAIL, Type.SPELLED}),
    "phone": frozenset({Type.PHONE, Type.DIGITS}),
    "last 4": frozenset({Type.DIGITS, Type.PHONE, Type.TEXT, Type.SPELLED}),
    "list": frozenset({Type.LIST}),
    "duration": frozenset({Type.DURATION}),
    "week": frozenset({Type.WEEK}),
}
"""Form to the types that can be said so."""

_FIELD: Final = re.compile(
    r"\s*(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r"(?:\s+as\s+(?P<form>[^\W\d]\w*(?:\s+\d+)?))?"
    r"(?:\s+or\s+(?P<or>'[^']*'|\"[^\"]*\"))?\s*",
    re.ASCII,
)


def parse_template(text: str, place: Place, names: NameTable) -> Template:
    """`place` is where the first character of `text` stands. Raises Complaint with every mistake in it."""
    parts: list[str | Field] = []
    messages: list[Message] = []
    unread = False
    at = 0
    while at < len(text):
        opening = text.find("{", at)
        words = text[at:] if opening < 0 else text[at:opening]
        if "}" in words:
            where = at + words.index("}")
            messages.append(_message(place, where, 1, "IVR208", "There is a } without its {."))
        if words:
            parts.append(words)
        if opening < 0:
            break
        closing = text.find("}", opening)
        if closing < 0:
            messages.append(_message(place, opening, 1, "IVR208", "This { is not closed.", 'Put a "}" after the name.'))
            break
        try:
            parts.append(_field(text[opening + 1 : closing], _moved(place, opening + 1), names))
        except Complaint as complaint:
            messages.extend(complaint.messages)
            unread = True
        at = closing + 1
    if messages or unread:
        raise Complaint(*messages)
    return Template(tuple(parts), place)


def _field(inner: str, place: Place, names: NameTable) -> Field:
    match = _FIELD.fullmatch(inner)
    if match is None:
        text = f'"{{{inner}}}" is not a field.'
        fix = "A field is {name}, {name as form} or {name or 'text'}."
        raise Complaint(_message(place, 0, len(inner), "IVR208", text, fix))
    path = tuple(match["name"].split("."))
    at, width = match.start("name"), len(match["name"])
    if path[0] == "hours" and names.find(path) is None:
        like = nearest(path[1], names.hours or ()) if len(path) > 1 else None
        said = f'There are no hours "{path[1]}".' if len(path) > 1 else "hours alone says nothing."
        fix = f'Did you mean "hours.{like}"?' if like else "Declare them under hours: in project.yaml."
        raise Complaint(_message(place, at, width, "IVR216", said, fix))
    named = names.find(path)
    if named is None and names.is_later(path):
        raise Complaint
    if named is None:
        like = names.like(path)
        item = ("item", *path) if ("item", *path) in names.names else None
        like = ".".join(item) if item else like
        fix = f'Did you mean "{like}"?' if like else names.missing.get(path[0], "")
        raise Complaint(_message(place, at, width, "IVR206", f'Nothing here has the name "{match["name"]}".', fix))
    form = " ".join(match["form"].split()) if match["form"] else None
    if named.fact:
        text = f"{match['name']} is a fact: it holds or does not, and cannot be said."
        raise Complaint(_message(place, at, width, "IVR209", text, "Decide with  if:  what is said."))
    if named.type is Type.LIST and named.of is None:
        text = f"{match['name']} is a list of records, which no one sentence can say."
        fix = f'Say them one by one:  say: {{each: {match["name"]}, say: "..."}}.'
        raise Complaint(_message(place, at, width, "IVR209", text, fix))
    if form and not named.unsure:
        _require_form(form, named, match, place)
    fallback = match["or"][1:-1] if match["or"] else None
    labels = named.options if named.type in CHOSEN or named.of in CHOSEN else None
    return Field(path, named.type, form, fallback, _moved(place, at), named.currency, labels, named.of)


def _require_form(form: str, named: Named, match: re.Match[str], place: Place) -> None:
    at, width = match.start("form"), len(match["form"])
    fitting = sorted(f for f, types in FORMS.items() if named.type in types)
    if form not in FORMS:
        like = nearest(form, FORMS)
        fix = f'Did you mean "as {like}"?' if like else _choices(match["name"], fitting)
        raise Complaint(_message(place, at, width, "IVR209", f'There is no form "{form}".', fix))
    if named.type not in FORMS[form]:
        if named.type is Type.WEEK and Type.MOMENT in FORMS[form]:
            text = f"{match['name']} is a whole week of opening hours; the moment they next open has a name of its own."
            fix = f"Write  {{{match['name']}.next as {form}}}."
            raise Complaint(_message(place, match.start("name"), len(match["name"]), "IVR209", text, fix))
        text = f'{match["name"]} is of type {named.type.value}; it cannot be said as "{form}".'
        raise Complaint(_message(place, at, width, "IVR209", text, _choices(match["name"], fitting)))


def _choices(name: str, fitting: list[str]) -> str:
    return f"It can be said as {', '.join(fitting)}." if fitting else f"Write {{{name}}} alone."


def _moved(place: Place, by: int) -> Place:
    return Place(place.file, place.line, place.column + by)


def _message(place: Place, at: int, width: int, code: str, text: str, fix: str = "") -> Message:
    return Message(_moved(place, at), code, text, width=max(1, width), fix=fix)
