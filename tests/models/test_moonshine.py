from importlib.metadata import distribution

import pytest

from ivr.audio import mulaw, wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.audio.tones import hold_music, noise, ringback
from ivr.models.chunks import model_chunk
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.whole import hear

pytestmark = pytest.mark.speech


def recording(name: str) -> Pcm:
    """A human recording that comes with the recogniser's weights, as the line carries it."""
    path = distribution("moonshine-voice").locate_file(f"moonshine_voice/assets/{name}.wav")
    return mulaw.decode(mulaw.encode(resample_whole(wav.read(path.read_bytes()), 8000)))


def words(text: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in text.lower()).split()


async def test_ten_seconds_of_a_human_voice(engines: Engines) -> None:
    utterance = mulaw.encode(recording("beckett"))
    told = await engines.transcriber.transcribe(model_chunk(utterance, 16_000), "", due_in(20_000))
    assert words(told.text) == words("Ever tried, ever failed. No matter. Try again, fail again, fail better.")
    assert told.score is not None and -0.4 < told.score < 0


async def test_a_long_recording_is_heard_to_its_end_and_does_not_loop(engines: Engines) -> None:
    told = words((await hear(engines.transcriber, recording("two_cities"))).text)
    assert told[:12] == words("It was the best of times, it was the worst of times")
    assert told[-5:] == words("superlative degree of comparison only")
    assert 105 <= len(told) <= 130  # the passage has 119 words, and says "it was the" ten times


async def test_silence_is_no_words(engines: Engines) -> None:
    told = await hear(engines.transcriber, Pcm.silence(ms=3000, rate_hz=8000))
    assert (told.text, told.score) == ("", None)
    assert (await hear(engines.transcriber, noise(1, 3000, -65))).text == ""


@pytest.mark.parametrize("sound", [hold_music(1, 3000), hold_music(2, 3000), noise(1, 3000, -30), ringback(3000)])
async def test_music_noise_and_tones_are_no_words(engines: Engines, sound: Pcm) -> None:
    told = await hear(engines.transcriber, sound)
    assert (told.text, told.score) == ("", None)


async def test_what_is_doubtful_scores_lower(engines: Engines) -> None:
    clear = await hear(engines.transcriber, recording("beckett"))
    sound = recording("beckett")
    hiss = noise(1, round(sound.ms), -18).array()[: len(sound)].astype(float)
    drowned = await hear(engines.transcriber, Pcm.of(sound.array()[: len(hiss)] + hiss, 8000))
    assert clear.score is not None and drowned.score is not None and drowned.score < clear.score - 0.2
