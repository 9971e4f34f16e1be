"""A flow that takes over, commands and options that run others, and limits that bring a call to its end."""

from tests.flow.language.trial import PROJECT, only, plays, told

SHARED = (
    PROJECT
    + """
commands: {operator: {hear: [operator], key: "0", goto: person}}
nodes:
  person: [{end: A person. Goodbye.}]
"""
)
HOURS = """\
schema: callflow/1
flow: our_hours
outcomes: {told: []}
start: say_them
nodes:
  say_them: [{say: We are open from nine to five.}, {return: told}]
"""
BOOKING = """\
schema: callflow/1
flow: booking
inputs: {name: {optional: yes}, reason: text}
start: begin
slots:
  name: {type: name, ask: On what name?}
  day: {type: date, near: future, ask: Which day?}
nodes:
  begin: [{ask: [name, day]}, {end: "{name}, {day as day}, about {reason}. Goodbye."}]
"""
LINE = """
slots:
  name: {type: name, ask: Who is calling?}
  reason: {type: text, ask: What is it about?}
commands: {times: {hear: [opening hours], run: our_hours}}
nodes:
  first:
    - ask: [name, reason]
    - menu: A visit, or our hours?
      options:
        visit: {hear: [a visit], key: "1", do: [{handoff: booking}]}
        later: {hear: [another day], key: "2", handoff: booking}
        hours: {hear: [the hours], key: "3", do: [{run: our_hours, on: {told: {goto: bye}}}]}
  bye: [{end: Goodbye.}]
"""
MORE = {"our_hours.flow.yaml": HOURS, "booking.flow.yaml": BOOKING}
MONDAY = "time: 2026-03-02 10:00"


def call(talk: str, flow: str = LINE, project: str = SHARED) -> None:
    plays(flow, talk, given=MONDAY, project=project, more=MORE)


def test_another_flow_takes_over_with_what_is_known() -> None:
    for choice in ("a visit", "another day"):
        call(
            f"""
            - {{asks: name}}
            - {{caller: Ana Lopez, asks: reason}}
            - {{caller: my bicycle, asks: first}}
            - {{caller: {choice}, asks: day}}
            - {{caller: tomorrow, says: "Ana Lopez, tomorrow, about my bicycle", end: completed}}
            """
        )


def test_a_person_is_reached_from_the_flow_that_took_over() -> None:
    call(
        """
        - {asks: name}
        - {caller: Ana Lopez, asks: reason}
        - {caller: my bicycle, asks: first}
        - {caller: a visit, asks: day}
        - {caller: operator, says: A person, end: completed}
        """
    )


def test_a_command_runs_a_flow_and_comes_back_to_the_question() -> None:
    call(
        """
        - {asks: name}
        - {caller: opening hours, says: open from nine to five, asks: name}
        - {caller: Ana Lopez, asks: reason}
        - {caller: opening hours, says: open from nine to five. What is it about, asks: reason}
        """
    )


def test_an_option_runs_a_flow_and_goes_on() -> None:
    call(
        """
        - {asks: name}
        - {caller: Ana Lopez, asks: reason}
        - {caller: my bicycle, asks: first}
        - {caller: the hours, says: open from nine to five. Goodbye, end: completed}
        """
    )


def test_too_many_turns_are_brought_to_an_end_by_the_flow() -> None:
    limited = SHARED + "limits: {turns: 2}\non_limit: [{say: We have talked for long.}, {goto: person}]\n"
    call(
        """
        - {asks: name}
        - {caller: Ana Lopez, asks: reason}
        - {caller: opening hours, says: nine to five, asks: reason}
        - {caller: opening hours, says: We have talked for long. A person, end: completed}
        """,
        project=limited,
    )


def test_without_on_limit_the_engine_says_goodbye() -> None:
    call(
        """
        - {asks: name}
        - {caller: Ana Lopez, asks: reason}
        - {caller: my bicycle, says: time limit, end: limit}
        """,
        project=SHARED + "limits: {turns: 1}\n",
    )


def test_on_limit_that_asks_has_some_turns_left_and_then_ends() -> None:
    asking = SHARED + "limits: {turns: 1}\n"
    flow = "on_limit: [{say: Be brief.}, {goto: again}]\n" + LINE.replace(
        "  bye:", "  again: [{forget: reason}, {ask: reason}, {goto: again}]\n  bye:"
    )
    turns = "\n".join("        - {caller: my bicycle, asks: reason}" for _ in range(10))
    call(
        f"""
        - {{asks: name}}
        - {{caller: Ana Lopez, asks: reason}}
        - {{caller: my bicycle, says: Be brief, asks: reason}}
{turns}
        - {{caller: my bicycle, says: time limit, end: limit}}
        """,
        flow,
        asking,
    )


def test_mistakes() -> None:
    def one(start: str, flow: str = LINE, **changed: str) -> None:
        found = told(flow, SHARED, more={**MORE, **{f"{name}.flow.yaml": text for name, text in changed.items()}})
        assert len(found) == 1 and found[0].startswith(start), "\n".join(found) or "nothing was told"

    one("IVR119 <our_hours>", LINE.replace("do: [{handoff: booking}]", "do: [{handoff: our_hours}]"))
    one("IVR119 <booking>", LINE.replace("{run: our_hours, on: {told", "{run: booking, on: {told"))
    one(
        "IVR213 <handoff>",
        LINE.replace("ask: [name, reason]", "ask: name").replace(", handoff: booking", ", goto: bye"),
    )
    one("IVR123 <our_hours>", our_hours=HOURS.replace("{return: told}", "{run: our_hours, on: {told: {return: told}}}"))


def test_return_belongs_to_sub_flows() -> None:
    only("nodes:\n  first: [{return: done}]\n", "IVR119 <return>")
