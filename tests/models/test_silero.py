import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.audio.tones import hold_music, noise, ringback
from ivr.models.engines import Engines
from ivr.models.offline.silero import Silero
from ivr.models.whole import say
from ivr.units import WINDOW_SAMPLES

pytestmark = pytest.mark.speech


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


def cut(pcm: Pcm) -> np.ndarray:
    """[n, 256] in -1..1, as the line carries it."""
    values = mulaw.decode(mulaw.encode(resample_whole(pcm, 8000))).array()
    whole = len(values) // WINDOW_SAMPLES * WINDOW_SAMPLES
    return values[:whole].reshape(-1, WINDOW_SAMPLES).astype(np.float32) / 32768


def scores(silero: Silero, windows: np.ndarray) -> list[float]:
    row = silero.alloc_row()
    out = [float(silero.score(window[np.newaxis], [row])[0]) for window in windows]
    silero.free_row(row)
    return out


async def test_speech_is_speech_and_silence_is_not(silero: Silero, engines: Engines) -> None:
    spoken = await say(engines.synthesizer, "I would like to speak to an agent, please.")
    assert np.mean(np.array(scores(silero, cut(spoken))) > 0.5) > 0.6
    assert max(scores(silero, cut(Pcm.silence(ms=1000, rate_hz=8000)))) < 0.2


@pytest.mark.parametrize("sound", [noise(1, 3000, -35), hold_music(1, 3000), ringback(3000)])
def test_what_is_no_speech_starts_nothing(silero: Silero, sound: Pcm) -> None:
    assert np.mean(np.array(scores(silero, cut(sound))) > 0.5) < 0.05


async def test_a_row_among_others_is_the_row_alone(silero: Silero, engines: Engines) -> None:
    spoken = await say(engines.synthesizer, "Good morning, how can I help?")
    streams = [cut(spoken)[:40], cut(noise(5, 2000, -30))[:40], cut(hold_music(2, 2000))[:40]]
    rows = [silero.alloc_row() for _ in streams]
    together = [silero.score(np.stack(windows), rows) for windows in zip(*streams, strict=True)]
    for at, stream in enumerate(streams):
        assert [float(batch[at]) for batch in together] == scores(silero, stream)
    for row in rows:
        silero.free_row(row)


def test_a_reset_row_and_a_new_row_have_heard_nothing(silero: Silero) -> None:
    sound = cut(hold_music(3, 600))
    fresh = scores(silero, sound)
    row = silero.alloc_row()
    for window in sound:
        silero.score(window[np.newaxis], [row])
    silero.reset_row(row)
    assert [float(silero.score(window[np.newaxis], [row])[0]) for window in sound] == fresh
    silero.free_row(row)
    assert scores(silero, sound) == fresh


def test_there_are_rows_for_many_calls(silero: Silero) -> None:
    rows = [silero.alloc_row() for _ in range(150)]
    assert len(set(rows)) == 150 and silero.rows == 150
    silence = np.zeros((150, WINDOW_SAMPLES), np.float32)
    assert silero.score(silence, rows).shape == (150,)
    for row in rows:
        silero.free_row(row)
    assert silero.rows == 0


def test_a_row_stands_once_in_a_run_and_belongs_to_a_call(silero: Silero) -> None:
    row = silero.alloc_row()
    with pytest.raises(AssertionError):
        silero.score(np.zeros((2, WINDOW_SAMPLES), np.float32), [row, row])
    silero.free_row(row)
    with pytest.raises(AssertionError):
        silero.score(np.zeros((1, WINDOW_SAMPLES), np.float32), [row])


def test_nothing_gives_nothing(silero: Silero) -> None:
    assert len(silero.score(np.zeros((0, WINDOW_SAMPLES), np.float32), [])) == 0
