"""The regular hours of a week in words: Monday to Friday, eight in the morning to six in the evening."""

from datetime import date, time, timedelta
from itertools import groupby

from babel.dates import format_date

from ivr.flow.hours import DAY_MINUTES, OpeningHours, Span
from ivr.flow.spoken import spanish
from ivr.flow.spoken.forms import find_locale, is_english, is_spanish, say_time

_A_MONDAY = date(2024, 1, 1)


def say_week(hours: OpeningHours, language: str) -> str:
    """Days with the same times together, closed days left out; exceptions and holidays are not in it."""
    days = groupby(range(7), key=lambda day: hours.week[day])
    said = []
    for spans, group in days:
        if spans:
            run = list(group)
            said.append(f"{_days(run[0], run[-1], language)}, {_times(spans, language)}")
    return "; ".join(said)


def _days(first: int, last: int, language: str) -> str:
    names = [
        format_date(_A_MONDAY + timedelta(days=day), "EEEE", locale=find_locale(language)) for day in (first, last)
    ]
    if first == last:
        return names[0]
    joint = _word("to" if last > first + 1 else "and", language)
    return f"{names[0]} {joint} {names[1]}"


def _times(spans: tuple[Span, ...], language: str) -> str:
    if spans == (Span(0, DAY_MINUTES),):
        return _word("all day", language)
    said = [f"{_time(s.start, language)} {_word('to', language)} {_time(s.end, language)}" for s in spans]
    if is_spanish(language):
        said = [spanish.joined(f"de {span}") for span in said]
    return f" {_word('and', language)} ".join(said)


def _time(minute: int, language: str) -> str:
    minute %= DAY_MINUTES
    return say_time(time(minute // 60, minute % 60), language)


_WORDS = {
    "es": {"to": "a", "and": "y", "all day": "todo el día"},
    "fr": {"to": "à", "and": "et", "all day": "toute la journée"},
    "de": {"to": "bis", "and": "und", "all day": "ganztägig"},
    "it": {"to": "fino a", "and": "e", "all day": "tutto il giorno"},
    "pt": {"to": "a", "and": "e", "all day": "o dia todo"},
}


def _word(word: str, language: str) -> str:
    return word if is_english(language) else _WORDS.get(language.partition("-")[0].lower(), {}).get(word, word)
