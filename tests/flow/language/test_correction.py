"""Corrections and `back`: one value changes, nothing starts again."""

from tests.flow.language.trial import plays

TRIP = """
    commands: {back: {hear: [go back], key: "*"}}
    slots:
      size: {type: number, from: 1, to: 20, ask: How many people?}
      day: {type: date, near: future, ask: Which day?}
      name: {type: name, ask: Your name?}
    tools:
      look:
        http: GET crm/tables
        query: {size: "{size}", day: "{day}"}
        results: {ok: {keep: {price: $.price as money}}}
      book:
        http: POST crm/tables
        body: {size: "{size}", day: "{day}"}
        changes_things: yes
        unconfirmed: a trial
        results: {ok: {status: 201}}
    nodes:
      first:
        - ask: size
        - ask: day
        - call: look
          on: {ok: {goto: name_it}, failed: {end: Failed.}}
      name_it:
        - ask: name
        - end: "{size} people for {price}, {name}."
    """
PRICES = "answers: {look: [{ok: {price: 10}}, {ok: {price: 20}}]}, time: 2026-03-02 10:00"


def test_no_i_said_four_changes_one_value_and_goes_on() -> None:
    plays(
        TRIP,
        """
        - {asks: size}
        - {caller: five, asks: day}
        - {caller: "no, I said four", asks: day, slot: {size: 4}}
        """,
        given=PRICES,
    )


def test_a_look_up_whose_arguments_changed_is_made_again() -> None:
    plays(
        TRIP,
        """
        - {asks: size}
        - {caller: five, asks: day}
        - {caller: March tenth, tool: look, with: {size: 5}, asks: name, slot: {price: 10}}
        - {caller: "no, I said four people", tool: look, with: {size: 4, day: 2026-03-10}, slot: {price: 20}}
        - {caller: Ana, says: "four people for twenty dollars", end: completed}
        """,
        given=PRICES,
    )


def test_the_same_value_again_makes_nothing_again() -> None:
    plays(
        TRIP,
        """
        - {asks: size}
        - {caller: five, asks: day}
        - {caller: March tenth, asks: name}
        - {caller: "no, I said five people", never_tool: look, asks: name, slot: {price: 10}}
        """,
        given=PRICES,
    )


def test_back_empties_the_question_before_and_keeps_what_was_answered_since() -> None:
    plays(
        TRIP,
        """
        - {asks: size}
        - {caller: five, asks: day}
        - {caller: go back, asks: size, slot: {size: empty}}
        - {caller: six, asks: day}
        - {caller: March tenth, asks: name}
        - {keys: "*", asks: day, slot: {day: empty, size: 6}}
        - {caller: March eleventh, tool: look, with: {size: 6, day: 2026-03-11}, asks: name}
        """,
        given=PRICES,
    )


def test_back_at_the_first_question_asks_it_again() -> None:
    plays(TRIP, "- {asks: size}\n- {caller: go back, says: How many people, asks: size}", given=PRICES)


def test_a_correction_that_breaks_a_rule_says_why_and_asks_anew() -> None:
    plays(
        TRIP,
        "- {asks: size}\n- {caller: five, asks: day}\n"
        "- {caller: 'no, I said thirty', says: more than twenty, asks: size}",
        given=PRICES,
    )


def test_a_value_forgotten_since_is_known_again_after_a_correction() -> None:
    flow = """
        slots:
          size: {type: number, ask: How many people?}
          colour: {type: choice, options: {red: {hear: [red]}, blue: {hear: [blue]}}, ask: Which colour?}
          name: {type: name, ask: Your name?}
        nodes:
          first: [{ask: size}, {ask: colour}, {forget: colour}, {ask: name}, {end: Goodbye.}]
        """
    plays(
        flow,
        "- {asks: size}\n- {caller: five}\n- {caller: red, asks: name, slot: {colour: empty}}\n"
        "- {caller: 'no, I said four', asks: name, slot: {size: 4}}",
    )


def test_rules_of_other_slots_that_name_the_corrected_one_run_again() -> None:
    flow = """
        slots:
          start: {type: number, ask: From which floor?}
          top: {type: number, ask: To which floor?, must: {be: top > start, else: "It must be higher than {start}."}}
          name: {type: name, ask: Your name?}
        nodes: {first: [{ask: start}, {ask: top}, {ask: name}, {end: Goodbye.}]}
        """
    plays(
        flow,
        """
        - {asks: start}
        - {caller: two, asks: top}
        - {caller: one, says: must be higher than two, asks: top}
        - {caller: five, asks: name}
        - {keys: 1}
        """.replace("- {keys: 1}\n", ""),
    )
    plays(
        flow.replace("ask: From which floor?", "lead: [start floor], ask: From which floor?"),
        """
        - {asks: start}
        - {caller: two, asks: top}
        - {caller: five, asks: name}
        - {caller: "no, the start floor is seven", says: higher than seven, asks: top, slot: {start: 7, top: empty}}
        - {caller: nine, asks: name}
        """,
    )


def test_a_change_can_be_confirmed() -> None:
    flow = """
        slots:
          size: {type: number, confirm_change: always, ask: How many people?}
          day: {type: date, near: future, ask: Which day?}
        nodes: {first: [{ask: size}, {ask: day}, {end: Goodbye.}]}
        """
    start = "- {asks: size}\n- {caller: five, asks: day}\n- {caller: 'no, I said four', says: four instead of five}\n"
    plays(flow, start + "- {caller: yes, asks: day, slot: {size: 4}}")
    plays(flow, start + "- {caller: no, says: Which day, asks: day, slot: {size: 5}}")


def test_a_change_made_in_the_world_is_not_made_again() -> None:
    flow = (
        TRIP.replace(
            "- ask: name\n",
            "- call: book\n          on: {ok: {say: Booked.}, failed: {end: Failed.}}\n        - ask: name\n",
        )
        .replace('key: "*"}}', 'key: "*"}, operator: {hear: [operator], goto: person}}')
        .replace("      name_it:", "      person: [{end: A person.}]\n      name_it:")
    )
    plays(
        flow,
        """
        - {asks: size}
        - {caller: five, asks: day}
        - {caller: March tenth, tool: book, asks: name}
        - {caller: "no, I said four people", says: already acted, never_tool: book, slot: {size: 5}}
        - {caller: yes, says: A person, end: completed}
        """,
        given=PRICES.replace("answers: {", "answers: {book: {ok: {}}, "),
    )
    plays(
        flow,
        """
        - {asks: size}
        - {caller: five, asks: day}
        - {caller: March tenth, tool: book, asks: name}
        - {caller: "no, I said four people", says: already acted}
        - {caller: no, asks: name}
        """,
        given=PRICES.replace("answers: {", "answers: {book: {ok: {}}, "),
    )


def test_an_answer_may_fill_several_at_once_and_the_order_does_not_matter() -> None:
    flow = """
        slots:
          account: {type: digits, length: 8, ask: Your account?}
          born: {type: date, near: past, ask: And when were you born?}
          ok: {type: yes_no, ask: Ready?}
        nodes: {first: [{ask: [account, born]}, {ask: ok}, {end: Goodbye.}]}
        """
    both = "asks: ok, slot: {account: 12345678, born: 1980-05-02}"
    plays(flow, f"- {{asks: account}}\n- {{caller: '12345678, born May 2nd 1980', {both}}}")
    plays(
        flow,
        "- {asks: account}\n"
        f"- {{caller: 'born May second nineteen eighty, one two three four five six seven eight', {both}}}",
    )


def test_may_fill_and_lead_words() -> None:
    flow = """
        slots:
          task: {type: choice, options: {move: {hear: [transfer, send]}, see: {hear: [balance]}}, ask: What now?}
          amount: {type: money, ask: How much?}
          start: {type: date, near: future, ask: From which day?}
          until: {type: date, near: future, lead: [until], ask: Until which day?}
        nodes:
          first: [{ask: task, may_fill: amount}, {ask: amount}, {ask: [start, until]}, {end: Goodbye.}]
        """
    given = "time: 2026-03-02 10:00"
    plays(flow, "- {asks: task}\n- {caller: send forty dollars, asks: start, slot: {amount: 40}}", given=given)
    plays(flow, "- {asks: task}\n- {caller: send, asks: amount}", given=given)
    plays(
        flow,
        "- {asks: task}\n- {caller: send forty dollars, asks: start}\n"
        "- {caller: until March tenth, asks: start, slot: {until: 2026-03-10, start: empty}}",
        given=given,
    )
    plays(
        flow,
        "- {asks: task}\n- {caller: send forty dollars, asks: start}\n"
        "- {caller: March fifth until March tenth, slot: {start: 2026-03-05, until: 2026-03-10}, end: completed}",
        given=given,
    )


def test_open_is_spoken_while_none_is_filled() -> None:
    flow = """
        slots:
          size: {type: number, ask: How many people?}
          day: {type: date, near: future, ask: Which day?}
        nodes: {first: [{ask: [size, day], open: "What table would you like?"}, {end: Goodbye.}]}
        """
    plays(flow, "- {says: What table would you like, asks: size}\n- {caller: five, says: Which day, asks: day}")


def test_only_if_skips_and_empties() -> None:
    flow = """
        slots:
          pets: {type: yes_no, ask: Any pets?}
          count: {type: number, only_if: pets, ask: How many pets?}
          ok: {type: yes_no, ask: Ready?}
        nodes: {first: [{ask: [pets, count]}, {ask: ok}, {end: Goodbye.}]}
        """
    plays(flow, "- {asks: pets}\n- {caller: no, asks: ok, slot: {count: empty}}")
    plays(flow, "- {asks: pets}\n- {caller: yes, asks: count}\n- {caller: two, asks: ok, slot: {count: 2}}")
