"""What a request used and cost."""

from decimal import Decimal

import pytest

from ivr.audio.pcm import Pcm
from ivr.models.openai.usage import Usage, cost_of, reckoned, usage_of
from ivr.models.profiles import Prices

MINI = Prices(text_in=Decimal("0.15"), text_out=Decimal("0.60"), audio_in=Decimal(10), audio_out=Decimal(20))
CHAT = {
    "prompt_tokens": 8,
    "completion_tokens": 54,
    "total_tokens": 62,
    "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0, "text_tokens": 8, "image_tokens": 0},
    "completion_tokens_details": {"audio_tokens": 37, "text_tokens": 17, "reasoning_tokens": 0},
}


@pytest.mark.parametrize(
    ("told", "used"),
    [
        (CHAT, Usage(text_in=8, text_out=17, audio_out=37)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, Usage(text_in=10, text_out=5)),
        ({"prompt_tokens": 10, "prompt_tokens_details": None}, Usage(text_in=10)),
        (
            {"prompt_tokens": 100, "prompt_tokens_details": {"audio_tokens": 60, "cached_tokens": 50}},
            Usage(text_in=40, audio_in=60, cached_text=40, cached_audio=10),
        ),
        ({"type": "duration", "seconds": 3}, Usage(seconds=Decimal(3))),
        (
            {
                "type": "tokens",
                "input_tokens": 14,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
                "output_tokens": 45,
            },
            Usage(audio_in=14, text_out=45),
        ),
        (None, None),
        ({}, None),
        ("12", None),
        ({"prompt_tokens": -3, "completion_tokens": "many"}, Usage()),
        ({"prompt_tokens": 10**30, "completion_tokens": True}, Usage()),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"audio_tokens": 9}}, Usage(audio_in=5)),
    ],
)
def test_usage_as_far_ends_tell_it(told: object, used: Usage | None) -> None:
    assert usage_of(told) == used


def test_a_cost_is_exact() -> None:
    used = usage_of(CHAT)
    assert used is not None
    assert cost_of(used, MINI) == (8 * Decimal("0.15") + 17 * Decimal("0.60") + 37 * 20) / 1_000_000


def test_what_was_read_before_costs_less() -> None:
    prices = Prices(text_in=Decimal(4), audio_in=Decimal(32), cached_text_in=Decimal("0.4"), cached_audio_in=Decimal(2))
    used = Usage(text_in=100, audio_in=50, cached_text=60, cached_audio=20)
    assert cost_of(used, prices) == (Decimal(40 * 4) + 60 * Decimal("0.4") + 30 * 32 + 20 * 2) / 1_000_000


def test_minutes_and_letters() -> None:
    assert cost_of(Usage(seconds=Decimal(30)), Prices(minute=Decimal("0.006"))) == Decimal("0.003")
    assert cost_of(Usage(letters=2000), Prices(characters=Decimal(15))) == Decimal("0.03")


def test_what_is_not_told_is_reckoned() -> None:
    used = reckoned(400, Pcm.silence(ms=2000, rate_hz=8000), 40, 1900)
    assert used == Usage(text_in=100, audio_in=20, text_out=10, audio_out=38)
