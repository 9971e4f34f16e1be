"""All that was asked, read back in one sentence; and a change in the world that waits for its yes. The flow is the
booking of a table: numbers, days, choices from data, wishes that may be left out."""

from textwrap import dedent

import pytest

from ivr.call.textrun import Report
from tests.flow.language.trial import only, plays

BOOKING = """
    about: Books a table.
    turn: {pause: 700ms}
    slots:
      party: {type: number, from: 1, to: 12, ask: For how many people?, turn: {answer: short}}
      day: {type: date, near: future, keys: {order: mmddyyyy}, ask: For which day?}
      extras:
        type: list of choice
        up_to: 2
        optional: yes
        skip: {hear: [nothing, no thanks], key: "#"}
        options: {window: {hear: [by the window], key: "1"}, chair: {hear: [high chair], key: "2"}}
        ask: "Any wishes: a window, a high chair?"
      at:
        type: choice
        options_from:
          list: free
          say: "{item.time as time}"
          keep: item.time
          page: 3
          more: {hear: [later, other times], key: "9"}
        ask: Which of these times would you like?
    tools:
      free_tables:
        http: GET crm/v1/tables
        query: {day: "{day}", party: "{party}"}
        results:
          full: {status: 200, when: $.free is empty}
          some: {status: 200, keep: {free: {from: $.free, list_of: {time: time, table: text}}}}
      book:
        http: POST crm/v1/bookings
        body: {day: "{day}", at: "{at}", party: "{party}", wishes: "{extras}", from: "{call.from}"}
        changes_things: yes
        confirm_with: summary
        results: {ok: {status: 201}, taken: {status: 409}}
    nodes:
      first:
        - ask: [party, day]
        - {if: party > 8, then: {goto: person}}
        - call: free_tables
          on:
            some: {goto: choose}
            full: {say: "We are full on {day as day}.", retry: day, times: 2, leave: person}
            failed: {goto: person}
      choose:
        - ask: [at, extras]
          summary:
            "A table for {party}, {day as day} at {at as time}, with {extras or 'no special wishes'}. Is that right?"
        - call: book
          on:
            ok: [{say: You are booked.}, {goto: bye}]
            taken: {say: "Sorry, that was just taken.", retry: at, times: 1, leave: person}
            declined: [{say: Not booked.}, {goto: bye}]
            failed: {goto: person}
      person: [{end: A person will help.}]
      bye: [{end: Goodbye then.}]
    """
TABLES = "{some: {free: [{time: '18:30', table: a}, {time: '19:00', table: b}, {time: '20:00', table: c}]}}"
ANSWERS = f"time: 2026-03-02 10:00, answers: {{free_tables: {TABLES}, book: [{{ok: {{}}}}]}}"
TO_SUMMARY = """
        - {asks: party}
        - {caller: four people on Friday, tool: free_tables, with: {party: 4, day: 2026-03-06}, asks: at}
        - {caller: at seven, asks: extras}
        - caller: no thanks
          asks: summary
          says: "A table for four Friday at seven o'clock in the evening with no special wishes"
"""
BOOKED = "tool: book, says: You are booked, end: completed"


def talks(*parts: str, flow: str = "", given: str = "") -> Report:
    """The booking, its talk in parts."""
    return plays(flow or BOOKING, "".join(dedent(part).strip() + "\n" for part in parts), given=given or ANSWERS)


def booked(party: int = 4, day: str = "2026-03-06", at: str = "19:00", wishes: str = "empty") -> str:
    with_ = f"{{party: {party}, day: {day}, at: '{at}', extras: {wishes}}}"
    return f"- {{caller: yes, {BOOKED}, with: {with_}}}"


def test_yes_makes_the_change_without_asking_again() -> None:
    talks(TO_SUMMARY, booked())


@pytest.mark.parametrize(
    ("says", "then", "values"),
    [
        ("no, at eight", "says: at eight o'clock in the evening", {"at": "20:00"}),
        ("no, half past six", "says: at half past six in the evening", {"at": "18:30"}),
        ("at eight please", "says: at eight o'clock in the evening", {"at": "20:00"}),
        ("no, five people", "tool: free_tables, says: A table for five", {"party": 5}),
        ("make it five people", "tool: free_tables, says: A table for five", {"party": 5}),
        ("no, on Saturday", "tool: free_tables, says: A table for four Saturday", {"day": "2026-03-07"}),
        ("not Friday, Saturday", "tool: free_tables, says: Saturday", {"day": "2026-03-07"}),
        ("no, with a high chair", "says: with high chair", {"wishes": "chair"}),
        ("no, five people at eight", "tool: free_tables, says: five Friday at eight", {"party": 5, "at": "20:00"}),
    ],
)
def test_no_with_what_is_right_changes_it_at_once_and_reads_all_back(
    says: str, then: str, values: dict[str, object]
) -> None:
    talk = f'- {{caller: "{says}", {then}, asks: summary, never_tool: book}}\n'
    talks(TO_SUMMARY, talk, booked(**values))  # type: ignore[arg-type]


def test_a_plain_no_asks_what_to_change() -> None:
    talks(
        TO_SUMMARY,
        """
        - {caller: no, says: What would you like to change}
        - {caller: the day, asks: day}
        - {caller: Saturday, tool: free_tables, asks: summary, says: Saturday at seven}
        - {keys: "2", says: What would you like to change}
        - {caller: "party, five", tool: free_tables, asks: summary, says: table for five}
        """,
        booked(5, "2026-03-07"),
    )


def test_nothing_to_change_declines() -> None:
    talk = """
        - {caller: no, says: What would you like to change}
        - {caller: nothing, says: Not booked, never_tool: book, end: completed}
    """
    talks(TO_SUMMARY, talk)


def test_after_a_retry_it_is_read_back_again() -> None:
    answers = ANSWERS.replace("[{ok: {}}]", "[{taken: {}}, {ok: {}}]")
    talks(
        TO_SUMMARY,
        """
        - {caller: yes, tool: book, says: Sorry that was just taken, asks: at}
        - {caller: at eight, asks: summary, never_tool: book, says: at eight}
        """,
        booked(at="20:00"),
        given=answers,
    )


def test_too_many_or_a_full_day() -> None:
    talks("- {asks: party}", "- {caller: nine people tomorrow, says: A person will help, end: completed}")
    full = ANSWERS.replace(TABLES, f"[{{full: {{}}}}, {TABLES}]")
    talks(
        """
        - {asks: party}
        - {caller: two people on Friday, says: We are full on Friday, asks: day}
        - {caller: Saturday, asks: at, tool: free_tables, with: {day: 2026-03-07}}
        """,
        given=full,
    )


def test_on_no_leaves_but_a_correction_does_not() -> None:
    flow = BOOKING.replace("- ask: [at, extras]\n", "- ask: [at, extras]\n          on_no: person\n")
    talks(TO_SUMMARY, '- {caller: "no", says: A person will help, end: completed}', flow=flow)
    talks(TO_SUMMARY, '- {caller: "no, at eight", asks: summary}', booked(at="20:00"), flow=flow)


def test_it_can_be_repeated_helped_with_and_left() -> None:
    talks(
        TO_SUMMARY,
        """
        - {caller: repeat that, says: A table for four, asks: summary}
        - {caller: help, says: "Press 1 for yes or 2 for no", asks: summary}
        - {caller: bananas, says: didn't catch that, asks: summary}
        - {silence: yes, says: didn't hear you, asks: summary}
        - {caller: go back, asks: extras}
        - {caller: by the window, asks: extras}
        - {caller: that's all, asks: summary, says: with by the window}
        """,
        booked(wishes="window"),
    )


def test_a_change_without_a_summary_of_its_arguments_is_told() -> None:
    flow = BOOKING.replace("A table for {party}, {day as day} at {at as time}", "At {at as time}")
    found = only(flow, "IVR133 <book>")
    assert "day and party" in found


def test_what_was_changed_since_the_yes_is_read_back_before_the_change() -> None:
    flow = """
        slots:
          n: {type: number, ask: How many?}
          more: {type: yes_no, ask: Would you like nine for the same price?}
        tools:
          order:
            http: POST crm/orders
            body: {n: "{n}"}
            changes_things: yes
            confirm_with: summary
            results: {ok: {status: 201}}
        nodes:
          first:
            - {ask: n, summary: "{n}. Is that right?"}
            - ask: more
            - {if: more, then: {set: {n: "9"}}}
            - call: order
              on: {ok: {end: Ordered.}, declined: {end: Not ordered.}, failed: {end: Failed.}}
        """
    plays(
        flow,
        """
        - {asks: n}
        - {caller: three, asks: summary}
        - {caller: yes, asks: more}
        - {caller: yes, asks: summary, says: nine. Is that right, never_tool: order}
        - {caller: yes, tool: order, with: {n: 9}, says: Ordered}
        """,
        given="answers: {order: {ok: {}}}",
    )
    plays(
        flow,
        """
        - {asks: n}
        - {caller: three, asks: summary}
        - {caller: yes, asks: more}
        - {caller: no, tool: order, with: {n: 3}, says: Ordered}
        """,
        given="answers: {order: {ok: {}}}",
    )
