"""Callers parted over two greetings, to learn which one serves them better."""

from collections import Counter

from ivr.call.textrun import BotSpoke, run_scenario
from ivr.flow.scenario import load_scenarios
from tests.flow.language.trial import bundle_of, fine, only, told

FLOW = """
nodes:
  first:
    - split: greeting
      arms: {short: 25, long: 75}
      by: call.from
      until: {date: 2026-12-01, then: short}
      on: {short: {say: Hello.}, long: {say: Good day to you.}}
    - end: Goodbye.
"""


def greeting(caller: str, time: str = "2026-11-25 12:00", flow: str = FLOW) -> str:
    text = f"""\
schema: callscript/1
flow: line
tests:
  - name: x
    given: {{from: "{caller}", time: {time}}}
    talk: [{{says: Goodbye, end: completed}}]
"""
    scenarios, wrong = load_scenarios(text, "x.test.yaml")
    assert not wrong, wrong
    report = run_scenario(bundle_of(flow), scenarios[0])
    assert report.passed, report.failures
    return next(seen.shown for seen in report.happened if isinstance(seen, BotSpoke))


def numbers(count: int) -> list[str]:
    return [f"+1555{n:07}" for n in range(count)]


def test_shares_are_kept_and_a_caller_keeps_an_arm() -> None:
    first = [greeting(number) for number in numbers(200)]
    long = sum("Good day" in said for said in first)
    assert 125 <= long <= 175  # three quarters of 200, within four deviations
    assert [greeting(number) for number in numbers(40)] == first[:40]


def test_from_the_day_of_until_on_all_take_one_arm() -> None:
    said = Counter("Good day" in greeting(number, "2026-12-01 00:00") for number in numbers(30))
    assert said == {False: 30}
    assert any("Good day" in greeting(number, "2026-11-30 23:59") for number in numbers(30))


def test_what_is_wrong_with_a_split() -> None:
    fine(FLOW)
    only(FLOW.replace(", long: {say: Good day to you.}", ""), 'IVR108 <split> "greeting" can end as "long"')
    only(FLOW.replace("long: 75", "long: many"), 'IVR105 <many> arms: long: "many" is not a share.')
    only(FLOW.replace("then: short", "then: shrt"), 'IVR110 <shrt> There is no arm "shrt". Did you mean "short"')
    only(FLOW.replace("2026-12-01", "1.12.2026"), 'IVR202 <1.12.2026> date: "1.12.2026" is not a date.')
    only(FLOW.replace("call.from", "call.form"), 'IVR206 <call.form> Nothing here has the name "call.form".')
    found = told(FLOW.replace("short: 25, ", ""))
    assert any("A split has at least two arms." in line for line in found), found
