"""Reading values back, and what is right and wrong about them."""

import pytest

from tests.flow.language.trial import plays

FLOW = """
    slots:
      account: {type: digits, length: 8, CONFIRM, ask: Your account?}
      ok: {type: yes_no, ask: Ready?}
    nodes: {first: [{ask: account}, {ask: ok}, {end: Goodbye.}]}
    """


def flow(confirm: str) -> str:
    return FLOW.replace("CONFIRM", confirm)


SPOKEN = "one two three four five six seven eight"
READ_BACK = f"- {{asks: account}}\n- {{caller: {SPOKEN}, reads_back: 12345678}}\n"


def test_by_default_nothing_is_read_back() -> None:
    plays(flow("private: pii"), f"- {{asks: account}}\n- {{caller: {SPOKEN}, asks: ok, slot: {{account: 12345678}}}}")


def test_if_spoken_trusts_keys_and_reads_speech_back() -> None:
    plays(flow("confirm: if spoken"), "- {asks: account}\n- {keys: 12345678, asks: ok}")
    plays(
        flow("confirm: if spoken"),
        READ_BACK.replace("reads", "says: 1 2 3 4 5 6 7 8, reads") + "- {caller: yes, asks: ok}",
    )


def test_always_reads_keys_back_too() -> None:
    plays(flow("confirm: always"), "- {asks: account}\n- {keys: 12345678, reads_back: 12345678}\n- {keys: 1, asks: ok}")


def test_if_unsure_without_a_score_means_if_spoken() -> None:
    plays(flow("confirm: if unsure"), f"- {{asks: account}}\n- {{caller: {SPOKEN}, reads_back: 12345678}}")
    plays(flow("confirm: if unsure"), "- {asks: account}\n- {keys: 12345678, asks: ok}")


def test_a_plain_no_asks_again() -> None:
    plays(
        flow("confirm: if spoken"),
        READ_BACK + "- {caller: no, asks: account, slot: {account: empty}}",
    )


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("no, it ends in seven seven", "12345677"),
        ("no, one two three four five six seven nine", "12345679"),
        ("no, I said one two three four five six nine nine", "12345699"),
    ],
)
def test_a_no_with_the_right_value_changes_it_and_reads_it_back(said: str, value: str) -> None:
    plays(
        flow("confirm: if spoken"),
        READ_BACK + f"- {{caller: '{said}', reads_back: {value}}}",
    )


def test_silence_while_reading_back_reads_back_again() -> None:
    plays(
        flow("confirm: if spoken"),
        READ_BACK + "- {silence: yes, says: 1 2 3 4 5 6 7 8, reads_back: 12345678}",
    )


def test_yes_and_the_next_answer_in_one_breath() -> None:
    two = """
        slots:
          account: {type: digits, length: 8, confirm: if spoken, ask: Your account?}
          day: {type: date, ask: Which day?}
        nodes: {first: [{ask: [account, day]}, {end: Goodbye.}]}
        """
    plays(two, READ_BACK + "- {caller: yes, asks: day}")


def test_a_command_is_heard_while_reading_back() -> None:
    plays(
        "commands: {operator: {hear: [operator], goto: person}}\n"
        + flow("confirm: if spoken")
        .replace("    ", "", 1)
        .replace("\n    ", "\n")
        .replace("nodes: {first:", "nodes: {person: [{end: A person.}], first:"),
        READ_BACK + "- {caller: operator, says: A person, end: completed}",
    )


CHECKED = """
    slots:
      rx: {type: digits, length: 7, check: CHECK, ask: Your number?}
    nodes: {first: [{ask: rx}, {end: Goodbye.}]}
    """


def test_mod10() -> None:
    good, bad = "7992737", "7992738"
    luhn = next(f"799273{d}" for d in range(10) if _luhn(f"799273{d}"))
    wrong = next(f"799273{d}" for d in range(10) if not _luhn(f"799273{d}"))
    plays(
        CHECKED.replace("CHECK", "mod10"),
        f"- {{asks: rx}}\n- {{keys: {wrong}, says: look right, asks: rx}}\n- {{keys: {luhn}, end: completed}}",
    )
    assert good and bad


def _luhn(digits: str) -> bool:
    total = sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return total % 10 == 0


def test_a_pattern_with_its_own_sentence() -> None:
    checked = CHECKED.replace("CHECK", '{pattern: "[12].*", else: It begins with one or two.}').replace(
        ".*", "[0-9]{6}"
    )
    plays(
        checked,
        "- {asks: rx}\n- {keys: 3333333, says: It begins with one or two, asks: rx}\n- {keys: 1333333, end: completed}",
    )


def test_rules_each_with_a_sentence() -> None:
    ruled = """
        slots:
          day:
            type: date
            near: future
            ask: Which day?
            must:
              - {be: day on or after today, else: "That day is over."}
              - {be: day before today + 30 days, else: "{day as day} is too far away."}
        nodes: {first: [{ask: day}, {end: "On {day as date}."}]}
        """
    given = "time: 2026-03-02 10:00"
    plays(ruled, "- {asks: day}\n- {keys: 03012026, says: That day is over, asks: day}", given=given)
    plays(ruled, "- {asks: day}\n- {keys: 05012026, says: May first is too far away, asks: day}", given=given)
    plays(ruled, "- {asks: day}\n- {caller: March third, says: On March third, end: completed}", given=given)


def test_what_breaks_a_bound_is_invalid_with_the_engines_sentence() -> None:
    bounded = (
        "slots: {n: {type: number, from: 1, to: 12, ask: How many?}}\nnodes: {first: [{ask: n}, {end: Goodbye.}]}\n"
    )
    plays(bounded, "- {asks: n}\n- {caller: twenty, says: more than twelve, asks: n}\n- {caller: four, end: completed}")
    plays(
        "slots: {n: {type: digits, length: 4, ask: Pin?}}\nnodes: {first: [{ask: n}, {end: Goodbye.}]}\n",
        "- {asks: n}\n- {caller: one two three four five, says: right number of digits, asks: n}",
    )


def test_what_fits_no_type_is_no_match() -> None:
    flow = "slots: {n: {type: number, ask: How many?}}\nnodes: {first: [{ask: n}, {end: Goodbye.}]}\n"
    plays(flow, "- {asks: n}\n- {caller: the weather is nice, says: catch that, asks: n}")


def test_words_of_ones_own_replace_the_engines() -> None:
    from tests.flow.language.trial import PROJECT

    project = PROJECT + 'words: {en-US: {read_back: "You said {value}, yes?"}}\n'
    plays(
        flow("confirm: if spoken"),
        f"- {{asks: account}}\n- {{caller: {SPOKEN}, says: You said 1 2 3}}",
        project=project,
    )
