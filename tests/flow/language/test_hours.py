"""Opening hours in conditions, rules and sentences."""

from tests.flow.language.trial import PROJECT, only, plays

HOURS = (
    PROJECT
    + """hours:
  office: {mon-fri: 08:00-18:00, sat: 09:00-13:00, holidays: US-NY, special: {2026-12-24: 08:00-12:00}}
"""
)
FLOW = """
slots:
  day:
    type: date
    near: future
    ask: Which day?
    must: {be: hours.office is open on day at 17:00, else: "We are closed on {day as weekday}."}
nodes:
  first:
    - if: hours.office is open
      then: [{say: We are open.}]
      else: [{say: "We open {hours.office.next as day} at {hours.office.next as time}. Here {hours.office as week}."}]
    - ask: day
    - end: "See you {day as day}."
"""


def test_closed_early_and_on_holidays() -> None:
    plays(
        FLOW,
        """
        - says: "We open Saturday at nine o'clock in the morning. Here Monday to Friday, eight o'clock in the morning"
          asks: day
        - {caller: tomorrow, says: We are closed on Friday, asks: day}
        - {caller: next Monday, says: See you Monday, end: completed}
        """,
        given="time: 2026-12-24 13:00",
        project=HOURS,
    )


def test_open_on_an_ordinary_day() -> None:
    plays(
        FLOW,
        """
        - {says: We are open, asks: day}
        - {caller: today, says: See you today, end: completed}
        """,
        given="time: 2026-11-25 13:00",
        project=HOURS,
    )


def test_hours_nobody_declared() -> None:
    flow = "nodes:\n  first: [{if: hours.ofice is open, then: {end: Yes.}, else: {end: No.}}]\n"
    assert "office" in only(flow, "IVR216 <hours.ofice>", HOURS)


def test_hours_in_a_sentence_that_nobody_declared() -> None:
    only("nodes:\n  first: [{end: 'We open {hours.shop.next as day}.'}]\n", "IVR216 <hours.shop.next>", HOURS)
