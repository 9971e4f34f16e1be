"""A picture in, edges out: "#" is a window of speech, "." one of silence, 32 ms each."""

import pytest

from ivr.turn.endpointing import Edge, EdgeKind, Endpointing, EndpointingSettings
from ivr.units import WINDOW_SAMPLES

EXACT = EndpointingSettings(onset_ms=64, pause_ms=32)


def edges(picture: str, settings: EndpointingSettings = EXACT) -> list[tuple[str, int]]:
    """Each edge with the window it was placed at."""
    ear = Endpointing(settings)
    seen: list[Edge | None] = [ear.feed(no, {"#": 0.9, ".": 0.1, "~": 0.4}[p]) for no, p in enumerate(picture)]
    return [(e.kind.value, e.at_sample // WINDOW_SAMPLES) for e in seen if e is not None]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("....", []),
        ("#.#.#.", []),  # clicks
        ("..##..", [("started", 2), ("paused", 4)]),
        (".####.##", [("started", 1), ("paused", 5), ("resumed", 6)]),
        ("##~~~#.", [("started", 0), ("paused", 6)]),  # a wavering score does not chatter
        ("~~~~", []),  # and does not begin anything
    ],
)
def test_edges_stand_where_speech_begins_and_ends(picture: str, expected: list[tuple[str, int]]) -> None:
    assert edges(picture) == expected


def test_silence_is_counted_from_the_end_of_speech() -> None:
    ear = Endpointing(EXACT)
    for no, score in enumerate([0.9] * 4 + [0.0] * 10):
        ear.feed(no, score)
    assert ear.silence_ms == 320
    assert ear.speech_ms == 128


def test_after_over_speech_begins_a_new_utterance() -> None:
    ear = Endpointing(EXACT)
    for no, score in enumerate([0.9] * 4 + [0.0] * 4):
        ear.feed(no, score)
    ear.over()
    seen = [ear.feed(no, 0.9) for no in range(8, 12)]
    assert [e.kind for e in seen if e] == [EdgeKind.STARTED]


def test_an_utterance_that_is_cut_off_goes_on_as_a_new_one() -> None:
    """The longest utterance ends while the caller still speaks."""
    ear = Endpointing(EXACT)
    for no in range(6):
        ear.feed(no, 0.9)
    ear.over()
    seen = [ear.feed(no, 0.9) for no in range(6, 10)]
    assert [(e.kind, e.at_sample // WINDOW_SAMPLES) for e in seen if e] == [(EdgeKind.STARTED, 6)]
