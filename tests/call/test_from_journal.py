"""A call that was kept as a test: the same turns, made-up values in the place of private ones, and it passes."""

import json
from datetime import UTC, date, datetime

import pytest

from bench.scenarios import write_project
from ivr.call import codec
from ivr.call.replay import Kept
from ivr.call.textrun import Report, as_scenario, played, run_scenario, script_of, start_state
from ivr.call.textrun.made_up import MadeUp
from ivr.catalog import check_folder
from ivr.cli.projects import Wanted, read_tests_of
from ivr.flow.flow import Bundle
from ivr.flow.scenario import load_scenarios
from ivr.flow.types import Privacy, Type, Value
from tests.call.test_textrun import run as run_text
from tests.call.textflow import line

BEGAN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def journal(report: Report) -> list[Kept]:
    """What was fed, as it comes back from the disk."""
    entries = []
    for event in report.fed:
        kind, body = codec.encode_event(event)
        entries.append(Kept(event.at_ms, f"flow.{kind}", json.loads(json.dumps(body))))
    return entries


def made_of(report: Report, bundle: Bundle) -> tuple[str, Report]:
    """The test that a call makes, and how it went."""
    scenario = report.scenario
    script = script_of(bundle, start_state(bundle, scenario.flow, scenario.given), journal(report))
    talk = played(bundle, scenario.flow, script, BEGAN)
    text = as_scenario(talk, scenario.flow, "made", {name: list(several) for name, several in script.answers.items()})
    (made,), mistakes = load_scenarios(text, "made.test.yaml")
    assert not mistakes, mistakes
    return text, run_scenario(bundle, made)


def outcome(report: Report) -> object:
    return getattr(report.happened[-1], "outcome", None)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Bundle, Report]]:
    folder = tmp_path_factory.mktemp("made") / "support"
    write_project(folder, 30, seed=7)
    bundle = check_folder(folder).bundle
    assert bundle is not None
    return [(bundle, run_scenario(bundle, scenario)) for scenario in read_tests_of(Wanted(folder)).scenarios]


def test_every_call_makes_a_test_that_passes_and_ends_alike(sample: list[tuple[Bundle, Report]]) -> None:
    for bundle, report in sample:
        assert report.passed
        text, made = made_of(report, bundle)
        assert made.passed, text + str(made.failures)
        assert outcome(made) == outcome(report), text


def test_no_private_value_stands_in_it(sample: list[tuple[Bundle, Report]]) -> None:
    for bundle, report in sample:
        text, _ = made_of(report, bundle)
        typed = {keys for event in report.fed if len(keys := getattr(event, "keys", "")) == 8}
        assert not any(keys in text for keys in typed)
        assert "1980-05-02" not in text
        assert "May second" not in text


def test_a_value_that_is_never_written_down_is_typed_as_another_that_fits() -> None:
    bundle = line(account=Privacy.PCI)
    report = run_text("{asks: reason}\n{keys: 1, asks: account}\n{keys: 4321, asks: amount}", bundle=bundle)
    entries = [
        Kept(e.at_ms, e.kind, {"at_ms": e.at_ms, "length": 4}) if e.body and e.body.get("keys") == "4321" else e
        for e in journal(report)
    ]
    script = script_of(bundle, start_state(bundle, "line", report.scenario.given), entries)
    assert script.complete
    talk = played(bundle, "line", script, BEGAN)
    assert talk.turns[-1]["asks"] == "amount"
    assert "4321" not in str(talk.turns)


def test_made_up_values_are_alike_and_always_the_same() -> None:
    made = MadeUp()
    first = made.instead_of("12345678", Type.DIGITS)
    assert isinstance(first, str)
    assert (len(first), first.isdigit(), first != "12345678") == (8, True, True)
    assert made.instead_of("12345678", Type.DIGITS) == first
    assert made.instead_of("12345679", Type.DIGITS) != first
    assert made.instead_of(date(1980, 5, 2), Type.DATE) != date(1980, 5, 2)
    assert str(made.instead_of("+15551234567", Type.PHONE)).startswith("+15")


@pytest.mark.parametrize("fit", [True, False])
def test_a_made_up_value_is_taken_if_the_real_one_was(fit: bool) -> None:
    def is_even(value: Value) -> bool:
        return int(str(value)) % 2 == 0

    assert is_even(MadeUp().instead_of("1234" if fit else "1235", Type.DIGITS, is_even)) is fit
