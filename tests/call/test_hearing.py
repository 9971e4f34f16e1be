"""Sound and scores in, edges and utterances out. Bursts of noise stand for speech; the scores are said by the test,
late and long as the detector's are. At the end the detector itself hears the embedded voice."""

import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.audio.tones import hold_music, noise, ringback
from ivr.call.hearing import Hearing, HearingSettings
from ivr.live.ear import Ear
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.ports import Voice
from ivr.turn.endpointing import Edge, EdgeKind
from ivr.units import FRAME_BYTES, FRAME_MS, Millis

STARTED, PAUSED, RESUMED = EdgeKind.STARTED, EdgeKind.PAUSED, EdgeKind.RESUMED


class Caller:
    """A line of silence or hiss with speech at the given times, and a detector that is `late_ms` late at both ends."""

    def __init__(
        self,
        ms: int,
        *speech: tuple[int, int],
        late_ms: int = 100,
        hiss: float | None = None,
        settings: HearingSettings | None = None,
    ) -> None:
        sound = np.zeros(8 * ms)
        for begin, end in speech:
            sound[8 * begin : 8 * end] = noise(begin, end - begin, -25, "white").array()
        if hiss is not None:
            sound += noise(7, ms, hiss).array()
        self.sound = mulaw.encode(Pcm.of(sound, 8000))
        self.hearing = Hearing(settings)
        self.edges: list[Edge] = []
        self.at_ms = 0
        self._spans = [(begin + late_ms, end + late_ms) for begin, end in speech]

    def go_on(self, until_ms: int) -> "Caller":
        """Hears up to there; the first onset holds the turn."""
        while self.at_ms < until_ms:
            frame = self.sound[8 * self.at_ms : 8 * (self.at_ms + FRAME_MS)]
            self.at_ms += FRAME_MS
            for window in self.hearing.feed_media(frame, Millis(self.at_ms)):
                middle_ms = window.no * 32 + 16
                score = 0.9 if any(begin <= middle_ms < end for begin, end in self._spans) else 0.05
                edge = self.hearing.feed_score(window.no, score)
                if edge is not None:
                    self.edges.append(edge)
                    if edge.kind is STARTED:
                        self.hearing.hold(edge.at_sample)
        return self

    @property
    def heard(self) -> list[tuple[EdgeKind, int]]:
        return [(edge.kind, edge.at_sample // 8) for edge in self.edges]


def near(heard: list[tuple[EdgeKind, int]], expected: list[tuple[EdgeKind, int]], ms: int) -> bool:
    return [kind for kind, _ in heard] == [kind for kind, _ in expected] and all(
        abs(at - true) <= ms for (_, at), (_, true) in zip(heard, expected, strict=True)
    )


@pytest.mark.parametrize("hiss", [None, -60, -50])
@pytest.mark.parametrize("late_ms", [0, 100, 200])
def test_edges_stand_where_the_sound_does(hiss: float | None, late_ms: int) -> None:
    caller = Caller(3000, (1000, 1800), late_ms=late_ms, hiss=hiss).go_on(3000)
    assert near(caller.heard, [(STARTED, 1000), (PAUSED, 1800)], 80)


def test_silence_is_counted_from_the_true_end() -> None:
    caller = Caller(3000, (1000, 1800)).go_on(2200)
    assert caller.hearing.endpointing.silence_ms == pytest.approx(400, abs=50)


@pytest.mark.parametrize("late_ms", [100, 400])
@pytest.mark.parametrize("hiss", [None, -50])
def test_no_first_syllable_is_lost(late_ms: int, hiss: float | None) -> None:
    caller = Caller(3000, (1000, 2000), late_ms=late_ms, hiss=hiss).go_on(2600)
    utterance = caller.hearing.utterance()
    begin = caller.hearing.position - len(utterance)
    assert 8 * 700 <= begin <= 8 * 950
    assert utterance == caller.sound[begin : caller.hearing.position]


def test_a_pause_inside_and_the_speech_after_it_are_one_utterance() -> None:
    caller = Caller(3500, (1000, 1500), (2000, 2600)).go_on(3400)
    assert near(caller.heard, [(STARTED, 1000), (PAUSED, 1500), (RESUMED, 2000), (PAUSED, 2600)], 40)
    assert len(caller.hearing.utterance()) >= 8 * 2400


def test_what_follows_a_turn_does_not_reach_back_into_it() -> None:
    caller = Caller(4000, (1000, 1500), (1760, 2600), late_ms=60).go_on(1740)
    caller.hearing.release()
    caller.go_on(3000)
    assert near(caller.heard, [(STARTED, 1000), (PAUSED, 1500), (STARTED, 1760), (PAUSED, 2600)], 60)
    assert caller.hearing.position - len(caller.hearing.utterance()) >= 8 * 1600


def test_a_long_silence_is_forgotten_and_positions_stay_true() -> None:
    caller = Caller(20_000, (15_000, 15_600)).go_on(16_200)
    assert near(caller.heard, [(STARTED, 15_000), (PAUSED, 15_600)], 40)
    assert caller.hearing.position == 8 * 16_200
    assert len(caller.hearing.utterance()) < 8 * 1600


def test_a_turn_can_be_too_long() -> None:
    caller = Caller(4000, (200, 4000), settings=HearingSettings(longest_ms=2000)).go_on(1800)
    assert not caller.hearing.too_long
    assert caller.go_on(2800).hearing.too_long


def test_nothing_is_held_after_a_turn() -> None:
    caller = Caller(3000, (1000, 1500)).go_on(2000)
    caller.hearing.release()
    assert caller.hearing.held_ms == 0
    assert caller.hearing.endpointing.silence_ms == 0


def test_the_quickest_frame_tells_when_the_line_began() -> None:
    hearing = Hearing()
    for number, late_ms in enumerate([35, 12, 0, 20]):
        hearing.feed_media(mulaw.SILENCE * FRAME_BYTES, Millis(500 + (number + 1) * FRAME_MS + late_ms))
    assert hearing.call_ms(0) == 500
    assert hearing.call_ms(8 * 60) == 560


# ---- with the detector


def listened(sound: bytes, engines: Engines) -> tuple[Hearing, list[Edge]]:
    hearing, edges = Hearing(), list[Edge]()

    def scored(window_no: int, score: float) -> None:
        edge = hearing.feed_score(window_no, score)
        if edge is not None:
            edges.append(edge)
            if edge.kind is STARTED:
                hearing.hold(edge.at_sample)

    ear = Ear(engines.silero)
    listener = ear.open(scored)
    for at in range(0, len(sound), FRAME_BYTES):
        ear.wait(listener, hearing.feed_media(sound[at : at + FRAME_BYTES], Millis(at // 8)))
        ear.tick()
    ear.close(listener)
    return hearing, edges


@pytest.mark.speech
@pytest.mark.parametrize("hiss", [None, -50])
async def test_the_embedded_voice_is_heard_from_its_first_word(engines: Engines, hiss: float | None) -> None:
    parts = [p async for p in engines.synthesizer.speak("one two three four", Voice(), due_in(20_000))]
    spoken = np.concatenate([resample_whole(part, 8000).array() for part in parts]).astype(float)
    spoken = spoken[np.flatnonzero(np.abs(spoken) > np.abs(spoken).max() * 0.05)[0] :]
    sound = np.concatenate((np.zeros(8 * 1000), spoken, np.zeros(8 * 1000)))
    if hiss is not None:
        sound += noise(3, len(sound) // 8 + 1, hiss).array()[: len(sound)]
    hearing, edges = listened(mulaw.encode(Pcm.of(sound, 8000)), engines)
    assert edges[0].kind is STARTED and edges[-1].kind is PAUSED
    assert edges[0].at_sample / 8 == pytest.approx(1000, abs=60)
    assert hearing.position - len(hearing.utterance()) <= 8 * 1000


@pytest.mark.speech
@pytest.mark.parametrize(
    "sound",
    [
        hold_music(1, 20_000),
        hold_music(2, 20_000),
        ringback(10_000),
        noise(1, 10_000, -30),
        noise(2, 10_000, -45, "white"),
    ],
    ids=["music", "other music", "ringback", "loud noise", "hiss"],
)
async def test_what_is_no_speech_begins_nothing(engines: Engines, sound: Pcm) -> None:
    assert listened(mulaw.encode(sound), engines)[1] == []
