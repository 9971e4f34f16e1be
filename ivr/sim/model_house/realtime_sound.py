"""Sound and use of a session of /v1/realtime: in the formats of its two directions."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.sim.model_house.realtime_items import Item

RATES: Final = {"audio/pcm": 24_000, "audio/pcmu": 8_000}
BYTES_A_MS: Final = {"audio/pcm": 48, "audio/pcmu": 8}
LETTERS_A_TOKEN: Final = 4
HEARD_MS_A_TOKEN: Final = 100
SPOKEN_MS_A_TOKEN: Final = 50


def heard(sound: bytes, form: str) -> Pcm:
    return mulaw.decode(sound) if form == "audio/pcmu" else Pcm(sound[: len(sound) // 2 * 2], RATES[form])


def encoded(pcm: Pcm, form: str) -> bytes:
    made = resample_whole(pcm, RATES[form])
    return mulaw.encode(made) if form == "audio/pcmu" else made.samples


def _written(item: Item) -> str:
    return item.words + "".join(str(item.shape.get(key, "")) for key in ("name", "arguments", "output"))


def interleaved(texts: Sequence[str], parts: Sequence[bytes]) -> Iterator[str | bytes]:
    """Each text before its share of the sound."""
    sent = 0
    for number, text in enumerate(texts):
        yield text
        due = len(parts) * number // len(texts)
        yield from parts[sent:due]
        sent = due
    yield from parts[sent:]


def usage(
    instructions: str, items: Sequence[Item], formats: tuple[str, str], *, letters_out: int, bytes_out: int
) -> dict[str, Any]:
    """By letters and by the lengths of the sounds; nothing is cached here. `formats`: of what comes in and goes out."""
    heard_in, spoken_out = formats
    written = instructions + "".join(_written(one) for one in items)
    heard_ms = sum(len(one.sound) // BYTES_A_MS[heard_in] for one in items if one.role == "user")
    spoken_ms = sum(len(one.sound) // BYTES_A_MS[spoken_out] for one in items if one.role == "assistant")
    text_in = -(-len(written) // LETTERS_A_TOKEN)
    audio_in = -(-heard_ms // HEARD_MS_A_TOKEN) + -(-spoken_ms // SPOKEN_MS_A_TOKEN)
    text_out = -(-letters_out // LETTERS_A_TOKEN)
    audio_out = -(-bytes_out // BYTES_A_MS[spoken_out] // SPOKEN_MS_A_TOKEN)
    return {
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "input_tokens": text_in + audio_in,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }
