"""What a soak makes of its samples: a verdict on memory, and what is still held after the last call."""

import json
from dataclasses import replace
from math import isfinite
from xml.etree import ElementTree

import pytest

from bench.load import Figures
from bench.machine import Machine
from bench.soak_account import Account, Sample, as_json, picture, told

MACHINE = Machine(cpu="a CPU", cores=2, siblings=False, memory_gb=8.0, system="Linux 6", python="3.11.7")


def sample(at_s: float, mb: float = 200.0) -> Sample:
    return Sample(at_s=at_s, resident_mb=mb, cpu_s=at_s / 5, threads=6, handles=40, tasks=7, rows=0, calls=0, answers=0)


def account(mb_per_hour: float = 0.0, minutes: int = 30) -> Account:
    """Memory fills up in the warm-up and then moves along a line."""
    moments = [10.0 * number for number in range(6 * minutes + 1)]
    samples = [sample(at_s, 180 + min(20, at_s / 5) + mb_per_hour * at_s / 3600) for at_s in moments]
    figures = Figures(frames=10_000)
    return Account(20, minutes, "abc1234", MACHINE, 300.0, samples, sample(0), sample(60.0 * minutes), 99, 0, figures)


def test_memory_that_fills_up_and_stays_is_level() -> None:
    assert account().faults() == []
    assert told(account())[-1] == "level"


def test_memory_that_grows_after_the_warm_up_is_told() -> None:
    grown = account(mb_per_hour=30)
    assert grown.memory.per_hour == pytest.approx(30)
    assert grown.faults() == ["memory: grows"]


def test_a_run_of_a_minute_says_nothing_of_memory() -> None:
    assert account(minutes=1).faults() == ["memory: too short to tell"]


@pytest.mark.parametrize(
    ("name", "more", "fault"),
    [
        ("rows", 1, ["rows: 1 left behind"]),
        ("tasks", 3, ["tasks: 3 left behind"]),
        ("handles", 17, ["handles: 17 left behind"]),
        ("handles", 16, []),
        ("threads", 40, ["threads: 40 left behind"]),
    ],
)
def test_what_calls_leave_behind_is_told(name: str, more: int, fault: list[str]) -> None:
    left = account()
    assert left.after is not None
    left.after = replace(left.after, **{name: getattr(left.after, name) + more})
    assert left.left[name] == more
    assert left.faults() == fault


def test_what_the_server_does_not_tell_is_not_judged() -> None:
    silent = account()
    assert silent.before is not None and silent.after is not None
    silent.before = replace(silent.before, tasks=-1, rows=-1)
    silent.after = replace(silent.after, tasks=500, rows=500)
    assert set(silent.left) == {"handles", "threads"}
    assert silent.faults() == []


def test_lost_calls_and_late_frames_of_our_own_speak_against_a_run() -> None:
    bad = account()
    bad.figures.lost_calls, bad.refused_calls, bad.figures.frames_late = 2, 1, 101
    assert bad.faults() == [
        "2 calls were lost, 1 refused",
        "our own frames were late: what was answered, and when, says nothing",
    ]


@pytest.mark.parametrize("minutes", [1, 30])
def test_its_json_and_its_picture_can_be_read(minutes: int) -> None:
    row = json.loads(json.dumps(as_json(account(minutes=minutes)), allow_nan=False))
    assert row["faults"] == account(minutes=minutes).faults()
    assert len(row["samples"]) == 6 * minutes + 1
    assert row["memory"]["uncertain"] is None or isfinite(row["memory"]["uncertain"])
    ElementTree.fromstring(picture(account(minutes=minutes)))
