"""Words for callers: fields, forms, emptiness, wordings, barge-in."""

import pytest

from tests.flow.language.trial import PROJECT, fine, only, plays, told

SAY = """
slots:
  n: {type: number, ask: How many?}
tools:
  look:
    python: things.look
    results:
      ok:
        keep: {amount: money, digits_: digits, day: date, at: time, tel: phone, name: name, word: text, long: duration}
nodes:
  first:
    - call: look
      on: {ok: {end: "So FIELD."}, failed: {end: Failed.}}
"""
KEPT = (
    "amount: 42.50, digits_: 1233, day: 2026-03-10, at: 15:30, tel: +15550107788, name: Ana, word: hello, long: 2 days"
)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("{amount}", "forty two dollars and fifty cents"),
        ("{amount as money}", "forty two dollars and fifty cents"),
        ("{digits_}", "one two three three"),
        ("{digits_ as last 4}", "one two three three"),
        ("{day}", "March tenth"),
        ("{day as date}", "March tenth, twenty twenty six"),
        ("{day as weekday}", "Tuesday"),
        ("{day as day}", "March tenth"),
        ("{at as time}", "half past three in the afternoon"),
        ("{tel as last 4}", "seven seven eight eight"),
        ("{name as spelled}", "A, N, A"),
        ("{long as duration}", "two days"),
        ("{word}", "hello"),
        ("{word or 'nothing'}", "hello"),
    ],
)
def test_fields_and_forms(field: str, said: str) -> None:
    plays(
        SAY.replace("FIELD", field).replace('"So', "'So").replace('."}', ".'}").replace("'nothing'", '"nothing"'),
        f"- {{says: 'So {said}', end: completed}}",
        given=f"time: 2026-03-02 10:00, answers: {{look: {{ok: {{{KEPT}}}}}}}",
    )


def test_tomorrow_and_this_week() -> None:
    for day, said in (("2026-03-03", "tomorrow"), ("2026-03-02", "today"), ("2026-03-05", "Thursday")):
        plays(
            SAY.replace("FIELD", "{day as day}"),
            f"- {{says: 'So {said}', end: completed}}",
            given=f"time: 2026-03-02 10:00, answers: {{look: {{ok: {{{KEPT.replace('2026-03-10', day)}}}}}}}",
        )


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("{nmae}", "IVR206 <nmae>"),
        ("{name as money}", "IVR209 <money>"),
        ("{name as moeny}", "IVR209 <moeny>"),
        ("{name | upper}", "IVR208 <name | upper>"),
        ("{1 + 1}", "IVR208 <1 + 1>"),
        ("{name", "IVR208 <{>"),
        ("name}", "IVR208 <}>"),
    ],
)
def test_what_is_no_field(field: str, start: str) -> None:
    only(SAY.replace("FIELD", field), start)


EMPTY = """
commands: {operator: {hear: [operator], goto: person}}
slots:
  who: {type: name, ask: Who are you?}
nodes:
  first: [{ask: who}, {end: "Bye {who}."}]
  person: [SAY]
"""


def test_a_command_may_leave_any_question_so_nothing_asked_earlier_is_certain() -> None:
    found = only(EMPTY.replace("SAY", '{end: "Sorry {who}."}'), "IVR210 <who>")
    assert "{who or 'TEXT'}" in found
    plays(
        EMPTY.replace("SAY", "{end: \"Sorry {who or 'there'}.\"}"),
        "- {asks: who}\n- {caller: operator, says: Sorry there, end: completed}",
    )


def test_a_condition_tests_first() -> None:
    only(EMPTY.replace("SAY", '{if: who is "Ana", then: {end: A.}, else: {end: B.}}'), "IVR211 <who>")
    fine(EMPTY.replace("SAY", '{if: who is not empty and who is "Ana", then: {end: A.}, else: {end: B.}}'))
    fine(EMPTY.replace("SAY", "{if: who is empty, then: {end: A.}, else: {end: 'Bye {who}.'}}"))


def test_arguments_follow_the_rule_but_optional_slots_and_the_callers_number_go_out_empty() -> None:
    flow = """
        slots:
          a: {type: text, ask: A?}
          b: {type: text, optional: yes, ask: B?}
        tools: {look: {http: GET crm/x, query: {q: "{ARG}"}, results: {ok: {}}}}
        nodes:
          first:
            - if: visits > 1
              then: {ask: [a, b]}
            - call: look
              on: {ok: {end: A.}, failed: {end: B.}}
        """
    only(flow.replace("ARG", "a"), "IVR213 <")
    fine(flow.replace("ARG", "b").replace("a: {type: text, ask: A?}", "a: {type: text, ask: A?}"))
    fine(flow.replace("ARG", "call.from"))


def test_one_of_several_wordings() -> None:
    flow = 'nodes:\n  first: [{say: {one_of: ["Good day.", "Hello."]}}, {end: Bye.}]\n'
    plays(flow, "- {says: Bye, end: completed}")


def test_a_notice_that_is_played_to_the_end_all_the_same() -> None:
    flow = """
        slots: {n: {type: number, ask: How many?}}
        nodes:
          first:
            - say: This call is recorded for training and quality, so please be kind to all of us.
              interrupt: no
            - ask: n
            - end: Goodbye.
        """
    plays(flow, "- {cut_in: {after: 1s, say: hello there}, says: please be kind to all of us, asks: n}")
    plays(flow, "- {cut_in: {after: 1s, keys: '5#'}, says: please be kind to all of us. Goodbye, end: completed}")


def test_interrupt_by_keys_or_by_speech_only() -> None:
    flow = """
        slots: {n: {type: number, interrupt: HOW, ask: "How many of the very many things that we have would you like?"}}
        nodes: {first: [{ask: n}, {end: Goodbye.}]}
        """
    speech, keys = flow.replace("HOW", "speech"), flow.replace("HOW", "keys")
    plays(speech, "- {cut_in: {after: 1s, say: five}, never_says: would you like, end: completed}")
    plays(keys, "- {cut_in: {after: 1s, keys: '5#'}, never_says: would you like, end: completed}")
    plays(keys, "- {cut_in: {after: 1s, say: five}, says: would you like, asks: n}")
    plays(speech, "- {cut_in: {after: 1s, keys: '5#'}, says: would you like, end: completed}")


def test_a_goodbye_is_played_out() -> None:
    flow = "nodes:\n  first: [{end: Thanks for calling us today and have a very nice evening at home.}]\n"
    plays(flow, "- {cut_in: {after: 1s, say: wait}, says: evening at home, end: completed}")


def test_the_recording_is_announced_unless_the_first_prompt_does_it() -> None:
    project = PROJECT + "recording: {on: yes, announce: yes}\n"
    plays("nodes:\n  first: [{end: Bye.}]\n", "- {says: This call is recorded. Bye, end: completed}", project=project)
    flow = "nodes:\n  first: [{say: We record this., announces: recording}, {end: Bye.}]\n"
    plays(flow, "- {says: We record this. Bye, never_says: This call is recorded, end: completed}", project=project)


def test_too_long_a_prompt_and_a_waiver() -> None:
    long = "word " * 100
    flow = f"nodes:\n  first:\n    - say: {long.strip()}.\n    - end: Bye.\n"
    found = only(flow, "warning IVR310 <")
    assert "takes about" in found
    fine(flow.replace("    - say", "    # ivr: ignore IVR310 our survey wants it\n    - say"))
    assert "IVR007" in told(flow.replace("    - say", "    # ivr: ignore IVR310\n    - say"))[0]


def test_more_than_five_options() -> None:
    options = ", ".join(f"{n}: {{hear: [{n}], goto: bye}}" for n in ("red", "blue", "green", "grey", "pink", "gold"))
    flow = f"nodes:\n  first:\n    - menu: Which colour?\n      options: {{{options}}}\n  bye: [{{end: Bye.}}]\n"
    assert "lists six choices" in only(flow, "warning IVR310 <")


def test_a_number_in_prose() -> None:
    only("nodes:\n  first: [{end: Call us at 555 010 7788.}]\n", "warning IVR311")


def test_a_choice_is_said_as_its_say_else_its_first_hear_and_goes_out_as_its_name() -> None:
    flow = """
        slots:
          what:
            type: choice
            options: {bill: {hear: [my bill, bill], say: the bill}, cut: {hear: [a fault]}}
            ask: What?
        tools: {look: {http: GET crm/x, query: {what: "{what}"}, results: {ok: {}}}}
        nodes:
          first:
            - ask: what
            - call: look
              on: {ok: {end: "About {what}."}, failed: {end: Failed.}}
        """
    given = "answers: {look: {ok: {}}}"
    plays(flow, "- {asks: what}\n- {caller: bill, tool: look, with: {what: bill}, says: About the bill}", given=given)
    plays(flow, "- {asks: what}\n- {caller: fault, says: About a fault}", given=given)
