"""Phone numbers, mail addresses, letters one by one, and several values in one breath."""

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.state import Expected, KeySpec
from ivr.flow.types import Type, Value
from ivr.flow.understand import interpret, read_keys
from tests.flow.understanding import ACCOUNT, NAME, NOW, PARTY, listen, option, with_current

PHONE = Expected("tel", Type.PHONE)
EMAIL = Expected("mail", Type.EMAIL)
CODE = Expected("code", Type.SPELLED)
SPELL = Expected("name", Type.NAME, spelling=True, current="Ana Lopez")
EXTRAS = Expected(
    "extras",
    Type.LIST,
    of=Type.CHOICE,
    up_to=3,
    options=(
        option("window", "by the window", "window", key="1"),
        option("chair", "high chair", key="2"),
        option("quiet", "quiet corner", "quiet", key="3"),
        option("cake", "cake", key="4"),
    ),
)


def said(words: str, *expects: Expected) -> dict[str, Value | None]:
    return {fill.slot: fill.value for fill in interpret(words, listen(*expects), NOW).fills}


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("five five five, oh one oh, seven seven eight eight", "+15550107788"),
        ("555-010-7788", "+15550107788"),
        ("(555) 010-7788.", "+15550107788"),
        ("It's 555 010 77 88", "+15550107788"),
        ("one five five five oh one oh seven seven double eight", "+15550107788"),
        ("triple five, oh one oh, double seven, double eight", "+15550107788"),
        ("my number is 2125550107", "+12125550107"),
        ("two one two, five fifty five, oh one oh seven", "+12125550107"),
        ("plus four four twenty seven nine four six oh nine five eight", "+442794 60958".replace(" ", "")),
        ("+44 20 7946 0958", "+442079460958"),
        ("oh one one four four two oh seven nine four six oh nine five eight", "+442079460958"),
        ("+1 (212) 555-0107", "+12125550107"),
        ("555 010 7788 extension 12", "+15550107788"),
        ("five five five for one to seven seven ate eight", "+15554127788"),
        ("two one two five five five one two one two", "+12125551212"),
        ("212 555, no, 646 555 0107", "+16465550107"),
        ("eight hundred five five five oh one oh seven", "+18005550107"),
    ],
)
def test_phone_numbers(words: str, number: str) -> None:
    assert said(words, PHONE) == {"tel": number}


@pytest.mark.parametrize(
    ("words", "region", "number"),
    [
        ("oh two one one two three four five six", "NZ", "+6421123456"),
        ("oh two oh seven nine four six oh nine five eight", "GB", "+442079460958"),
        ("plus one two one two five five five oh one oh seven", "GB", "+12125550107"),
    ],
)
def test_phone_numbers_of_other_countries(words: str, region: str, number: str) -> None:
    assert said(words, replace(PHONE, region=region)) == {"tel": number}


def test_a_phone_number_in_pieces() -> None:
    reading = interpret("five five five, oh one oh", listen(PHONE), NOW)
    assert reading.pieces and reading.open_ending and not reading.satisfied
    assert interpret("five five five, oh one oh, seven seven eight eight", listen(PHONE), NOW).satisfied
    assert said("I have no phone", PHONE) == {}


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("no, it ends in eight nine", "+15550107789"),
        ("no, the last digit is nine", "+15550107789"),
        ("no, two one two five five five oh one oh seven", "+12125550107"),
    ],
)
def test_a_phone_number_put_right(words: str, number: str) -> None:
    reading = interpret(words, listen(confirming=with_current(PHONE, "+15550107788")), NOW)
    assert (reading.yes, reading.fills[0].value) == (False, number)


@pytest.mark.parametrize(
    ("keys", "number"), [("5550107788#", "+15550107788"), ("15550107788", "+15550107788"), ("55501", "55501")]
)
def test_phone_numbers_by_keys(keys: str, number: str) -> None:
    spec = KeySpec(frozenset(), shortest=3, longest=15)
    assert read_keys(keys, listen(PHONE, keys=spec), NOW).fills[0].value == number


# ---- mail addresses


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("ana dot lopez at example dot com", "ana.lopez@example.com"),
        ("Ana.Lopez@example.com", "ana.lopez@example.com"),
        ("it's ana.lopez@example.com.", "ana.lopez@example.com"),
        ("my email is ana lopez at gmail dot com", "analopez@gmail.com"),
        ("My e-mail address is ana@example.org", "ana@example.org"),
        ("a n a at example dot com", "ana@example.com"),
        ("A-N-A at example dot com", "ana@example.com"),
        ("ana underscore lopez at example dot co dot uk", "ana_lopez@example.co.uk"),
        ("ana dash lopez at my dash shop dot com", "ana-lopez@my-shop.com"),
        ("ana nineteen eighty at yahoo dot com", "ana1980@yahoo.com"),
        ("ana one two three at example dot net", "ana123@example.net"),
        ("j smith forty two at g mail dot com", "jsmith42@gmail.com"),
        ("l as in lima, o, p, e, z at example dot com", "lopez@example.com"),
        ("b for bravo o double b at example dot com", "bobb@example.com"),
        ("ana plus news at example dot com", "ana+news@example.com"),
        ("um, ana dot, uh, lopez at example dot com please", "ana.lopez@example.com"),
        ("ana lopez all one word at example dot com", "analopez@example.com"),
        ("Ana dot Lopez at hot mail dot com", "ana.lopez@hotmail.com"),
        ("info at harbour point nz", "info@harbour.nz"),
        # as a recogniser may write it
        ("ana lopez that gmail dot com", "analopez@gmail.com"),
        ("ana lopez gmail dot com", "analopez@gmail.com"),
        ("ana at example dot calm", "ana@example.com"),
        ("Ana at Gmail.com", "ana@gmail.com"),
        ("ana under score lopez at example dotcom", "ana_lopez@example.com"),
    ],
)
def test_mail_addresses(words: str, address: str) -> None:
    assert said(words, EMAIL) == {"mail": address}


@pytest.mark.parametrize("words", ["ana lopez", "I have none", "at the office", "ana dot lopez at"])
def test_no_mail_address(words: str) -> None:
    assert said(words, EMAIL) == {}


def test_many_words_taken_for_one_name_are_less_sure() -> None:
    assert interpret("On the dark lone test at example.com", listen(EMAIL), NOW).fills[0].sure < 0.85
    assert interpret("ana dot lopez at example dot com", listen(EMAIL), NOW).fills[0].sure == 1


def test_a_mail_address_under_way() -> None:
    assert interpret("ana dot lopez", listen(EMAIL), NOW).open_ending
    assert interpret("ana dot lopez at example", listen(EMAIL), NOW).open_ending
    assert interpret("ana dot lopez at example dot com", listen(EMAIL), NOW).satisfied


# ---- letters


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        ("A B C", "ABC"),
        ("a, b, c", "ABC"),
        ("A-B-C", "ABC"),
        ("ABC", "ABC"),
        ("A as in Alpha, B as in Bravo", "AB"),
        ("alpha bravo charlie", "ABC"),
        ("alpha, b, charlie", "ABC"),
        ("a for apple n for november", "AN"),
        ("P as in Bravo", "B"),
        ("double s", "SS"),
        ("A double S", "ASS"),
        ("double u", "W"),
        ("x ray yankee", "XY"),
        ("K 4 7 T", "K47T"),
        ("K four seven T", "K47T"),
        ("capital a, b", "AB"),
        ("it's a b c", "ABC"),
        ("A B C, no, A B D", "ABD"),
        ("R X dash 4", "RX-4"),
        # as a recogniser may write it
        ("a bee see", "ABC"),
        ("el o p e z", "LOPEZ"),
        ("T are why", "TRY"),
        ("Yellow as in Lima, O-P-E-S as in Sierra.", "LOPES"),
    ],
)
def test_letters(words: str, letters: str) -> None:
    assert said(words, CODE) == {"code": letters}


@pytest.mark.parametrize("words", ["I don't know", "you are", "why", "see you"])
def test_no_letters(words: str) -> None:
    assert said(words, CODE) == {}


def test_letters_of_a_known_number() -> None:
    six = replace(CODE, length=(6, 6))
    assert interpret("A B C 1 2 3", listen(six), NOW).satisfied
    short = interpret("A B C", listen(six), NOW)
    assert short.pieces and not short.satisfied
    assert interpret("A B C", listen(CODE), NOW).growing


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("L O P E S", "Ana Lopes"),
        ("it's l o p e s", "Ana Lopes"),
        ("L-O-P-E-S", "Ana Lopes"),
        ("A N N A", "Anna Lopez"),
        ("A N N A L O P E S", "Anna Lopes"),
        ("lima oscar papa echo sierra", "Ana Lopes"),
        ("LOPES", "Ana Lopes"),
        ("L O P E Z with a Z as in zulu", "Ana Lopez"),
    ],
)
def test_a_name_spelled_when_asked(words: str, name: str) -> None:
    assert said(words, SPELL) == {"name": name}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Ana Lopez", "Ana Lopez"),
        ("Lopez, L O P E Z", "Lopez"),
        ("Ana Lopes, that's L O P E Z", "Ana Lopez"),
        ("My name is Smythe, S M Y T H E", "Smythe"),
        ("Smith, S M I T H, no, S M Y T H", "Smyth"),
    ],
)
def test_a_name_spelled_at_once(words: str, name: str) -> None:
    assert said(words, NAME) == {"name": name}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("no, Lopez with a Z", "Ana Lopez"),
        ("no, I said Lopez", "Ana Lopez"),
        ("no I said Lopes with a Z", "Ana Lopez"),
        ("no, with a Z", "Ana Lopez"),
        ("no, with a Z at the end", "Ana Lopez"),
        ("no, Anna with two N's", "Anna Lopes"),
        ("no, it's L O P E Z", "Ana Lopez"),
        ("no, Maria Lopes", "Maria Lopes"),
        ("no, Smith", "Smith"),
    ],
)
def test_a_name_put_right(words: str, name: str) -> None:
    reading = interpret(words, listen(confirming=with_current(NAME, "Ana Lopes")), NOW)
    assert (reading.yes, reading.fills[0].value) == (False, name)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Smith with a Y", "Smyth"),
        ("Ana Lopez with a Z", "Ana Lopez"),
        ("Sarah without an H", "Sara"),
        ("Philip with double L", "Phillip"),
        ("Catherine with a K", "Katherine"),
        ("Ana with a friend", "Ana With A Friend"),
    ],
)
def test_a_name_said_with_a_letter_of_it(words: str, name: str) -> None:
    assert said(words, NAME) == {"name": name}


# ---- several


@pytest.mark.parametrize(
    ("words", "values", "closed", "satisfied"),
    [
        ("by the window", ("window",), False, False),
        ("by the window and a high chair", ("window", "chair"), False, False),
        ("a high chair, cake and by the window", ("chair", "cake", "window"), False, True),
        ("window, that's all", ("window",), True, True),
        ("just the window", ("window",), True, True),
        ("the window, the window and a cake", ("window", "cake"), False, False),
        ("a quiet corner please and nothing else", ("quiet",), True, True),
    ],
)
def test_several_options(words: str, values: tuple[str, ...], closed: bool, satisfied: bool) -> None:
    reading = interpret(words, listen(EXTRAS), NOW)
    (fill,) = reading.fills
    assert (fill.value, fill.closed, reading.satisfied) == (values, closed, satisfied)


@pytest.mark.parametrize("words", ["that's all", "no", "nothing", "nope, that's it", "I'm done", "no thank you"])
def test_no_more(words: str) -> None:
    (fill,) = interpret(words, listen(replace(EXTRAS, current=("window",))), NOW).fills
    assert (fill.value, fill.closed) == (("window",), True)
    assert not interpret(words, listen(EXTRAS), NOW).fills


def test_one_by_one() -> None:
    (fill,) = interpret("a high chair", listen(replace(EXTRAS, current=("window",))), NOW).fills
    assert (fill.value, fill.closed) == (("window", "chair"), False)


@pytest.mark.parametrize(
    ("of", "words", "values"),
    [
        (Type.NUMBER, "three, five and seven", (3, 5, 7)),
        (Type.NUMBER, "three and twenty two", (3, 22)),
        (Type.MONEY, "forty two fifty and ten dollars", (Decimal("42.50"), 10)),
        (Type.NAME, "Ana, Ben and Carla", ("Ana", "Ben", "Carla")),
        (Type.TIME, "half past seven in the evening or nine in the morning", (time(19, 30), time(9))),
        (Type.TEXT, "soup, bread and tea", ("soup", "bread", "tea")),
        (Type.DATE, "Tuesday and Thursday", (NOW.date().replace(day=3), NOW.date().replace(day=5))),
    ],
)
def test_several_of_any_type(of: Type, words: str, values: tuple[Value, ...]) -> None:
    assert said(words, Expected("several", Type.LIST, of=of)) == {"several": values}


def test_several_numbers_of_four_digits() -> None:
    several = Expected("codes", Type.LIST, of=Type.DIGITS, length=(4, 4))
    assert said("1234 and 5678", several) == {"codes": ("1234", "5678")}
    assert said("one two three four, five six seven eight", several) == {"codes": ("1234", "5678")}


def test_a_list_by_keys_ends_with_the_hash_key() -> None:
    spec = KeySpec(frozenset({"1", "2", "3", "4", "#"}))
    (fill,) = read_keys("2", listen(EXTRAS, keys=spec), NOW).fills
    assert (fill.value, fill.closed) == (("chair",), False)
    (fill,) = read_keys("1", listen(replace(EXTRAS, current=("chair",)), keys=spec), NOW).fills
    assert fill.value == ("chair", "window")
    (fill,) = read_keys("#", listen(replace(EXTRAS, current=("chair",)), keys=spec), NOW).fills
    assert (fill.value, fill.closed) == (("chair",), True)
    assert not read_keys("#", listen(EXTRAS, keys=spec), NOW).fills


def test_a_phone_number_beside_other_answers() -> None:
    found = said("four people, and my number is 212 555 0107", PARTY, PHONE)
    assert found == {"party": 4, "tel": "+12125550107"}
    assert said("12345678", ACCOUNT, PHONE) == {"account": "12345678"}
    mail = said("12345678, and ana at example dot com", ACCOUNT, EMAIL)
    assert mail == {"account": "12345678", "mail": "ana@example.com"}


VOCABULARY = """half quarter past to two seven thirty o'clock oh nineteen evening pm at dot com gmail double s as
in alpha bravo a an and no that's all just window cake days hours couple few one 7:30 +1 555 1234 ana@b.co - _ .
, triple nine point five hundred you are why the on . tomorrow may second noon midnight plus capital dash under score"""
EVERY = [
    Expected("it", kind, options=EXTRAS.options if kind in (Type.CHOICE, Type.TARGET) else ())
    for kind in (Type.TIME, Type.PHONE, Type.DURATION, Type.EMAIL, Type.SPELLED, Type.NAME, Type.TARGET, Type.DATE)
]
EVERY += [replace(one, type=Type.LIST, of=one.type) for one in EVERY if one.type is not Type.TARGET]
EVERY += [SPELL, replace(EXTRAS, current=("window",)), replace(CODE, length=(5, 5)), replace(PHONE, region="NZ")]
CURRENT: dict[Type, Value] = {
    Type.TIME: time(9),
    Type.PHONE: "+15550107788",
    Type.EMAIL: "a@b.co",
    Type.DURATION: timedelta(days=2),
}


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=40), st.lists(st.sampled_from(VOCABULARY.split()), max_size=9).map(" ".join)),
    st.sampled_from(EVERY),
)
def test_whatever_is_said_is_read_or_not_and_nothing_more(words: str, asked: Expected) -> None:
    reading = interpret(words, listen(asked, PARTY, EMAIL), NOW)
    for fill in reading.fills:
        assert fill.value is None or _is_of(asked if fill.slot == asked.slot else PARTY, fill.value)
    read_keys("".join(c for c in words if c in "0123456789*#"), listen(asked), NOW)
    held = CURRENT.get(asked.type)
    if held is not None:
        interpret(words, listen(confirming=with_current(asked, held)), NOW)
        interpret(words, listen(PARTY, corrects=(with_current(asked, held),)), NOW)


def _is_of(asked: Expected, value: Value) -> bool:
    kinds = {Type.TIME: time, Type.DURATION: timedelta, Type.LIST: tuple, Type.DATE: date}
    if asked.type is Type.EMAIL:
        return isinstance(value, str) and value.count("@") == 1
    return isinstance(value, kinds.get(asked.type, (str, Decimal)))
