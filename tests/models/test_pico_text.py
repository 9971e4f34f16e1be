import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.models.offline.pico_text import prepared


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Press #.", "Press pound."),
        ("You are #3 in line", "You are number 3 in line"),
        ("Press * to go back", "Press star to go back"),
        ("<speed level='500'>hi</speed>", "speed level equals '500' hi /speed"),
        ("3 < 5 and 7>2", "3 less than 5 and 7 more than 2"),
        ("due 03/14/2026", "due March 14, 2026"),
        ("due 2026-12-01", "due December 1, 2026"),
        ("Your balance is $42.50.", "Your balance is $42.50."),
        ("it’s “fine” — really…", 'it\'s "fine", really.'),
        ("account 12345678", "account 1 2 3, 4 5 6, 7 8"),
        ("call 5551234", "call 5 5 5, 1 2 3 4"),
        ("$12345678.90", "$12345678.90"),
        ("Smith & Sons", "Smith and Sons"),
        ("a\x00b\tc\n\\d|e^f_g", "a b c d e f g"),
        ("café, naïve, Łódź, 東京 😀", "café, naïve, ódz,"),
    ],
)
def test_what_is_said(text: str, spoken: str) -> None:
    assert prepared(text) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Oprima 1 para sí, # para terminar.", "Oprima 1 para sí, numeral para terminar."),
        ("Usted es el #3", "Usted es el número 3"),
        ("¿Es correcto?", "Es correcto?"),
        ("ana@example.com & más", "ana arroba example.com y más"),
        ("3 < 5", "3 menor que 5"),
        ("el 03/14/2026", "el 03/14/2026"),
    ],
)
def test_signs_are_named_in_the_language(text: str, spoken: str) -> None:
    assert prepared(text, "es-ES") == spoken


@given(st.text(max_size=200))
def test_no_markup_and_no_control_gets_through(text: str) -> None:
    spoken = prepared(text)
    assert not set(spoken) & set("<>#&\\\x00\r\n`")
    assert prepared(spoken) == spoken or any(letter.isdigit() for letter in spoken)
