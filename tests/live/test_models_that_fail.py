"""Whoever fails among several: the caller is served by the next, and the reviewers know why."""

from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.models.wrappers.ladder import LadderTranscriber
from ivr.models.wrappers.named import Named
from ivr.models.wrappers.voices import Voices
from tests.call.textflow import line
from tests.live.line import Trial, trial
from tests.models.wrappers.scripted_ports import Hears, Speaks

DOWN = ModelUnavailable("far.example failed (503)", again=False)


def told(call: Trial) -> list[tuple[str, str]]:
    return [(note.what, note.detail) for note in call.notebook.notes if note.kind == "model"]


async def test_the_next_recogniser_hears_and_it_is_written_down() -> None:
    hears = LadderTranscriber([Named("far", Hears(DOWN)), Named("embedded", Hears("my bill"), far=False)])
    async with trial(line(), transcriber=hears) as call:
        await call.heard_out()
        await call.speak(600)
        await call.wait(1_000)
        assert told(call) == [("hear", "far: far.example failed (503); asked next: embedded")]
        assert [turn.shown for turn in call.notebook.turns if turn.who == "caller"] == ["my bill"]


async def test_with_no_recogniser_left_the_caller_is_told_the_keys_which_serve() -> None:
    hears = LadderTranscriber([Named("far", Hears(DOWN)), Named("embedded", Hears(DOWN), far=False)])
    async with trial(line(), transcriber=hears) as call:
        await call.heard_out()
        for _ in range(2):
            await call.speak(600)
            await call.wait(1_200)
            ended = call.now
            await call.heard_out()
        assert call.far.longest_silence_ms(ended, call.now) < 2_000
        assert "Please use the keys." in call.notebook.heard[-1]
        assert [note.what for note in call.notebook.notes if note.kind == "error"] == ["recogniser", "recogniser"]
        await call.press("1")
        assert [turn.shown for turn in call.notebook.turns if turn.by_keys] == ["1"]


async def test_the_next_voice_speaks_and_it_is_written_down() -> None:
    far, near = Speaks([DOWN], rate_hz=8_000), Speaks([noise(3, 900, -20, "pink", 8_000)], rate_hz=8_000)
    voices = Voices([Named("far", far), Named("embedded", near, far=False)])
    async with trial(line(), synthesizer=voices, warm=False) as call:
        began = call.now
        await call.heard_out()
        assert told(call)[0] == ("speak", "far: far.example failed (503); asked next: embedded")
        assert call.far.longest_silence_ms(began, call.now) < 2_000
        assert near.texts
