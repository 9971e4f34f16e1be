"""Choices, summaries and corrections in any order of events: nothing breaks, somebody is always waited for, the same
events give the same effects, and a change is only sent after a yes to what it sends."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.flow.state import CallToolEffect, NamedReply, Note, RawReply
from tests.flow.language.test_summary import BOOKING
from tests.flow.phone import Line, loaded
from tests.flow.test_engine_property import wander

PROJECT = """
schema: callflow/1
project: trial
zone: America/New_York
entry: {default: trial}
apis: {crm: {url: https://crm.example.com}}
commands:
  operator: {hear: [operator], key: "0", goto: person}
  cancel: {hear: [cancel], goto: bye}
"""
BUNDLE = loaded(
    {
        "project.yaml": PROJECT,
        "trial.flow.yaml": "schema: callflow/1\nflow: trial\nstart: first\n"
        + "\n".join(line[4:] for line in BOOKING.splitlines()),
    }
)
TALK = [
    *("four people", "four people on Friday", "Saturday", "at seven", "half past six", "the second one", "later"),
    *("no thanks", "by the window", "that's all", "yes", "no", "nothing", "the day", "the party", "bananas", ""),
    *("no, five people", "not Friday, Saturday", "change the day", "that's wrong", "no, at eight", "no, I said four"),
    *(
        "sorry, nine people",
        "go back",
        "repeat that",
        "help",
        "hold on",
        "I'm back",
        "operator",
        "cancel",
        "the other one",
    ),
    *("no, without the window", "I made a mistake", "change something", "neither", "make it three people at eight"),
]


def free(*times: str) -> NamedReply:
    return NamedReply("some", {"free": [{"time": at, "table": "a"} for at in times]})


REPLIES = [
    *(free("18:30", "19:00", "20:00", "20:30", "21:00"), free("19:00"), free("17:00", "18:00"), free()),
    *(NamedReply("full", {}), NamedReply("ok", {}), NamedReply("taken", {}), NamedReply("failed", {})),
    *(RawReply(error="timeout"), RawReply(status=200, body={"free": "none"})),
]
MOVES = st.one_of(
    *[st.tuples(st.just("say"), st.sampled_from(TALK))] * 4,
    st.tuples(st.just("keys"), st.sampled_from(["1", "2", "9", "3", "#", "4", "03062026", "0", "*"])),
    *[st.tuples(st.just("tool"), st.sampled_from(REPLIES))] * 3,
    st.tuples(st.just("silence"), st.just(None)),
    st.tuples(st.just("wake"), st.sampled_from(["deadline"])),
    st.tuples(st.just("lost"), st.just(None)),
    st.tuples(st.just("back"), st.just(None)),
    st.tuples(st.just("gone"), st.sampled_from([True, *[False] * 9])),
)
BEGIN = [("say", "four people on Friday"), ("tool", REPLIES[0]), ("say", "at seven"), ("say", "no thanks")]
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(moves=st.lists(MOVES, max_size=30), begun=st.integers(0, 4))
def test_any_order_of_events(moves: list[tuple[str, object]], begun: int) -> None:
    line = Line(BUNDLE, "trial")
    wander(line, [*BEGIN[:begun], *moves])
    agreed = False
    for effect in line.everything:
        if isinstance(effect, Note) and (effect.kind, effect.what) == ("filled", "summary"):
            agreed = effect.detail == "confirmed"
        if isinstance(effect, CallToolEffect) and effect.tool == "book":
            assert agreed, "nobody said yes to it"
            agreed = False
