"""Single values of a file: text made milliseconds, lengths, yes and no. Each refuses with words for the writer."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ivr.flow.grammar.tokens import read_number
from ivr.flow.types import UNASKED, Confirm, Interrupt, Type, read_type


@dataclass(frozen=True, slots=True)
class Leaf:
    """Marks a field that is one text in the file and is made a value by pydantic. `written` tells how."""

    written: str
    later: str = ""
    """A pattern of what the language has here and this version has not."""
    choices: tuple[str, ...] = ()
    """What may stand here, for a suggestion; where the field itself does not list it."""


_UNITS_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _refuse(what: str) -> PydanticCustomError:
    return PydanticCustomError("leaf", "{what}", {"what": what})


def read_length_ms(text: str) -> int | None:
    """`300ms`, `8s`, `1.5m`, `2h`, `1d`; None if it is none of them or longer than 30 days."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)", text, re.ASCII)
    length = round(Decimal(match[1]) * _UNITS_MS[match[2]]) if match else None
    return length if length is not None and length <= 30 * _UNITS_MS["d"] else None


def _length(text: Any) -> int:
    found = read_length_ms(text)
    if found is None:
        raise _refuse("is not a length of time")
    return found


def _length_or_none(text: Any) -> int | None:
    return None if text == "none" else _length(text)


def _yes(text: Any) -> bool:
    if text not in ("yes", "no"):
        raise _refuse("is neither yes nor no")
    return bool(text == "yes")


def _count(text: Any) -> int:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise _refuse("is not a whole number")
    return int(text)


def _count_or_none(text: Any) -> int | None:
    return None if text == "none" else _count(text)


def _number(text: Any) -> Decimal:
    found = read_number(text)
    if found is None:
        raise _refuse("is not a number")
    return found


def _digits(text: Any) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text, re.ASCII)
    if match is None:
        raise _refuse("is not a number of digits")
    least, most = int(match[1]), int(match[2] or match[1])
    if not 0 < least <= most:
        raise _refuse("is not a range of digits")
    return least, most


def _key(text: Any) -> str:
    if not re.fullmatch(r"[0-9*#]|\*0", text, re.ASCII):
        raise _refuse("is not a key")
    return str(text)


def _asked_type(text: Any) -> Type:
    found = read_type(text)
    if found is None or found[0] in UNASKED - {Type.LIST} or found[1] in (*UNASKED, Type.TARGET, Type.YES_NO):
        raise _refuse("is not a type of value that callers are asked for")
    return found[0]


def _kept_type(text: Any) -> Type:
    found = read_type(text)
    if found is None:
        raise _refuse("is not a type of value")
    return found[0]


def _number_or_none(text: Any) -> Decimal | None:
    return None if text == "none" else _number(text)


def _status(text: Any) -> int:
    if not re.fullmatch(r"[1-5]\d\d", text, re.ASCII):
        raise _refuse("is not an HTTP status")
    return int(text)


def _e164(text: Any) -> str:
    if not re.fullmatch(r"\+[1-9]\d{5,14}", text, re.ASCII):
        raise _refuse("is not a phone number with + and its country")
    return str(text)


def _language(text: Any) -> str:
    if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", text, re.ASCII):
        raise _refuse("is not a language and its country")
    return str(text)


def _sip(text: Any) -> str:
    if not re.fullmatch(r"sips?:[^\s@]+@[^\s@]+", text):
        raise _refuse("is not a SIP address")
    return str(text)


def _url(text: Any) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", text):
        raise _refuse("is not the address of a back end")
    return str(text).rstrip("/")


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "integer"], "pattern": pattern})


Length = Annotated[int, BeforeValidator(_length), Leaf("300ms, 8s, 15m or 2h"), _text(r"^\d+(\.\d+)?(ms|s|m|h|d)$")]
LengthOrNone = Annotated[
    int | None, BeforeValidator(_length_or_none), Leaf("8s, 15m, or none"), _text(r"^(\d+(\.\d+)?(ms|s|m|h|d)|none)$")
]
YesNo = Annotated[bool, BeforeValidator(_yes), Leaf("yes or no"), WithJsonSchema({"enum": ["yes", "no", True, False]})]
Count = Annotated[int, BeforeValidator(_count), Leaf("3"), _text(r"^\d+$")]
CountOrNone = Annotated[int | None, BeforeValidator(_count_or_none), Leaf("60, or none"), _text(r"^(\d+|none)$")]
Number = Annotated[Decimal, BeforeValidator(_number), Leaf("5 or 7.50"), WithJsonSchema({"type": ["number", "string"]})]
NumberOrNone = Annotated[
    Decimal | None,
    BeforeValidator(_number_or_none),
    Leaf("0.50, or none"),
    WithJsonSchema({"type": ["number", "string"]}),
]
Digits = Annotated[tuple[int, int], BeforeValidator(_digits), Leaf("7 or a range such as 6-8"), _text(r"^\d+(-\d+)?$")]
Key = Annotated[str, BeforeValidator(_key), Leaf('"0" to "9", "*" or "#"'), _text(r"^([0-9*#]|\*0)$")]
Status = Annotated[int, BeforeValidator(_status), Leaf("200"), _text(r"^[1-5]\d\d$")]
PhoneNumber = Annotated[str, BeforeValidator(_e164), Leaf('"+15550107788"'), _text(r"^\+[1-9]\d{5,14}$")]
Sip = Annotated[str, BeforeValidator(_sip), Leaf('"sip:name@host"'), _text("^sips?:")]
Url = Annotated[str, BeforeValidator(_url), Leaf("https://crm.example.com"), _text("^https?://")]

KEPT_TYPES: Final = tuple(t.value for t in Type if t not in (Type.LIST, Type.WEEK))
ASKED_TYPES: Final = tuple(t.value for t in Type if t not in UNASKED)
_LISTED: Final = "^(list of )?({})$"
SlotType = Annotated[
    Type,
    BeforeValidator(_asked_type),
    Leaf("a type of value", choices=ASKED_TYPES),
    _text(_LISTED.format("|".join(ASKED_TYPES))),
]
KeptType = Annotated[
    Type,
    BeforeValidator(_kept_type),
    Leaf("a type of value", choices=KEPT_TYPES),
    _text(_LISTED.format("|".join(KEPT_TYPES))),
]
"""A list is Type.LIST; what is in it, `types.read_type` tells."""
TakenType = Annotated[Literal["digits", "number", "text"], Leaf("digits, number or text")]
PrivacyName = Annotated[Literal["pii", "pci", "secret"], Leaf("pii, pci or secret")]
Accept = Annotated[Literal["keys", "speech", "both"], Leaf("keys, speech or both")]
NearWhat = Annotated[
    Literal["past", "future", "morning", "afternoon", "evening"],
    Leaf("past or future for a date; morning, afternoon or evening for a time"),
]
SpellWhen = Annotated[Literal["if unsure", "always"], Leaf("if unsure, or always")]
KeyOrder = Annotated[Literal["mmddyyyy", "ddmmyyyy", "yyyymmdd"], Leaf("an order of day, month and year")]
AnswerKind = Annotated[Literal["short", "sentence", "story"], Leaf("short, sentence or story")]
ConfirmWhen = Annotated[Confirm, Leaf("never, always, if spoken or if unsure")]
ConfirmChange = Annotated[Literal["always", "if spoken", "never"], Leaf("always, if spoken or never")]
InterruptBy = Annotated[Interrupt, Leaf("any, keys, speech or no")]
Mode = Annotated[Literal["cold", "warm"], Leaf("cold or warm")]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
Language = Annotated[str, BeforeValidator(_language), Leaf("en-US"), _text(r"^[a-z]{2,3}-[A-Z]{2}$")]
