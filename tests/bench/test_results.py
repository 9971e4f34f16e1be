"""Runs as JSON and as pictures."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import results
from bench.machine import Machine, placed
from bench.picture import Panel, Series, svg, ticks
from bench.results import Run, as_json, from_json
from bench.verdict import Level

MACHINE = Machine(cpu="A <fast> & cheap CPU", cores=2, siblings=False, memory_gb=8.0, system="Linux 6", python="3.11.7")


def run_of(*levels: Level) -> Run:
    where = placed((0, 1), 1)
    return Run("2026-01-02-030405", "abc1234", MACHINE, str(where), where.apart, "bench", None, levels)


def test_a_run_comes_back_from_its_json(level: Level) -> None:
    run = run_of(replace(level, calls=1, connected=1), level)
    assert from_json(json.loads(json.dumps(as_json(run)))) == run


def test_the_json_never_calls_a_refused_level_held(level: Level) -> None:
    single, refused = replace(level, calls=1, connected=1), replace(level, frames_late_share=0.02)
    row = as_json(run_of(single, refused))
    assert [one["held"] for one in row["levels"]] == [True, False]
    assert [one["refused"] for one in row["levels"]] == [False, True]
    assert row["held"] == 1
    alone = as_json(run_of(level, refused))
    assert [one["held"] for one in alone["levels"]] == [None, False]
    assert alone["held"] is None


def test_only_what_is_kept_is_compared_with(level: Level, tmp_path: Path) -> None:
    data, drawing = results.write(run_of(level), tmp_path, keep=False)
    assert results.kept(data) == run_of(level)
    assert drawing.suffix == ".svg"
    assert results.kept(tmp_path / "none.json") is None
    data.write_text('{"levels": []}')
    assert results.kept(data) is None


def test_the_picture_is_well_formed_and_marks_the_refused(level: Level) -> None:
    levels = [replace(level, calls=calls) for calls in (1, 50, 150)]
    levels[2] = replace(levels[2], frames_late_share=0.5, response_p99_ms=None)
    text = results.picture(run_of(*levels), run_of(*levels))
    root = ElementTree.fromstring(text)
    names = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "kept (abc1234)" in names
    assert any("A <fast> & cheap CPU" in (name or "") for name in names)
    circles = [element for element in root.iter() if element.tag.endswith("circle")]
    assert [circle.get("fill") for circle in circles].count("#ffffff") == 2
    polylines = [element for element in root.iter() if element.tag.endswith("polyline")]
    assert len(polylines[0].get("points", "").split()) == 3


@pytest.mark.parametrize("points", [[], [(0.0, 0.0)], [(1.0, 5.0), (2.0, 5.0)], [(0.0, -3.0), (250.0, 1e6)]])
def test_any_points_make_a_picture(points: list[tuple[float, float]]) -> None:
    for from_zero in (True, False):
        text = svg("a", "b", [Panel("c", "x", "y", [Series("one", points), Series("two", points)], from_zero)])
        ElementTree.fromstring(text)
        assert "nan" not in text


def test_marks_of_an_axis_are_round_and_hold_all_between_them() -> None:
    assert ticks(0, 250, about=8) == [0, 50, 100, 150, 200, 250]
    assert ticks(0, 3.2) == [0, 1, 2, 3, 4]
    assert ticks(181.2, 186.9)[0] <= 181.2
    assert ticks(181.2, 186.9)[-1] >= 186.9


def test_the_load_gets_cores_of_its_own_only_where_there_are_some() -> None:
    assert placed((0, 1), 1).apart
    assert (placed((0, 1, 2, 3), 2).server, placed((0, 1, 2, 3), 2).load) == ((0, 1), (2, 3))
    shared = placed((0, 1), 2)
    assert not shared.apart
    assert shared.server == shared.load == (0, 1)
    assert str(shared) == "server and load share all 2 cores"
