"""What a request used, and what that costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ivr.audio.pcm import Pcm
from ivr.models.profiles import Prices

Tally = Callable[[Decimal], None]
"""Told the cost of each request, also of one that was taken back in the middle."""

HEARD_TOKENS_A_S: Final = 10
"""A caller's sound where the far end does not tell: 1 token in 100 ms."""
SPOKEN_TOKENS_A_S: Final = 20
"""A model's sound: 1 token in 50 ms."""
LETTERS_A_TOKEN: Final = 4
_MILLION: Final = Decimal(1_000_000)
_MOST: Final = 1_000_000_000
"""More tokens than that nobody used: the number is taken for none."""


def unwatched(_: Decimal) -> None:
    """A tally that nobody keeps."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, or where the far end counts otherwise seconds of sound and letters of text."""

    text_in: int = 0
    audio_in: int = 0
    cached_text: int = 0
    """Of `text_in`."""
    cached_audio: int = 0
    """Of `audio_in`."""
    text_out: int = 0
    audio_out: int = 0
    seconds: Decimal = Decimal(0)
    letters: int = 0


def cost_of(usage: Usage, prices: Prices) -> Decimal:
    """In the currency of the prices."""
    millionths = (
        prices.text_in * usage.text_in
        + prices.audio_in * usage.audio_in
        + prices.text_out * usage.text_out
        + prices.audio_out * usage.audio_out
        + prices.characters * usage.letters
    )
    saved = Decimal(0)
    if prices.cached_text_in is not None:
        saved += (prices.text_in - prices.cached_text_in) * usage.cached_text
    if prices.cached_audio_in is not None:
        saved += (prices.audio_in - prices.cached_audio_in) * usage.cached_audio
    return (millionths - saved) / _MILLION + prices.minute * usage.seconds / 60


FREE: Final = Prices()


def usage_of(told: object) -> Usage | None:
    """Of an answer's `usage`, as chat, transcription and speech write it; None: it says nothing of use."""
    if not isinstance(told, Mapping):
        return None
    if (seconds := _amount(told.get("seconds"))) is not None:
        return Usage(seconds=seconds)
    if "prompt_tokens" in told or "completion_tokens" in told:
        heard, made = _side(told, "prompt_tokens", "prompt_tokens_details"), told.get("completion_tokens_details")
        total_out = _count(told.get("completion_tokens"))
        audio_out = min(total_out, _count(_within(made, "audio_tokens")))
        return Usage(*heard, total_out - audio_out, audio_out)
    if "input_tokens" in told or "output_tokens" in told:
        heard, made = _side(told, "input_tokens", "input_token_details"), told.get("output_token_details")
        total_out = _count(told.get("output_tokens"))
        audio_out = min(total_out, _count(_within(made, "audio_tokens")))
        return Usage(*heard, total_out - audio_out, audio_out)
    return None


def _side(told: Mapping[str, object], total_key: str, details_key: str) -> tuple[int, int, int, int]:
    """Text and audio that went in, and of each what was cached; a cache that is not told apart was text's first."""
    details = told.get(details_key)
    total = _count(told.get(total_key))
    audio = min(total, _count(_within(details, "audio_tokens")))
    cached = min(total, _count(_within(details, "cached_tokens")))
    apart = _within(details, "cached_tokens_details")
    cached_audio = _count(_within(apart, "audio_tokens")) if apart is not None else max(0, cached - (total - audio))
    cached_audio = min(cached_audio, audio, cached)
    return total - audio, audio, min(cached - cached_audio, total - audio), cached_audio


def reckoned(text_in: int, heard: Pcm | None, text_out: int, spoken_ms: int) -> Usage:
    """What a request will have used that told nothing of it: from letters and lengths."""
    return Usage(
        text_in=-(-text_in // LETTERS_A_TOKEN),
        audio_in=0 if heard is None else -(-heard.ms * HEARD_TOKENS_A_S // 1000),
        text_out=-(-text_out // LETTERS_A_TOKEN),
        audio_out=-(-spoken_ms * SPOKEN_TOKENS_A_S // 1000),
    )


def _within(told: object, name: str) -> object:
    return told.get(name) if isinstance(told, Mapping) else None


def _count(told: object) -> int:
    good = isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= _MOST
    return told if good and isinstance(told, int) else 0


def _amount(told: object) -> Decimal | None:
    if isinstance(told, bool) or not isinstance(told, int | float | Decimal):
        return None
    amount = Decimal(str(told))
    return amount if amount.is_finite() and 0 <= amount <= _MOST else None
