"""Choices, menus and sentences out of a list that a tool kept."""

from ivr.flow.types import Record
from tests.flow.language.trial import plays

FREE = """
    slots:
      day: {type: date, near: future, ask: For which day?}
      at:
        type: choice
        ask: Which of these times would you like?
        options_from:
          list: free
          say: "{item.time as time}"
          keep: item.time
          page: 3
          more: {hear: [later, other times], key: "9"}
      name: {type: name, ask: Under what name?}
    tools:
      look:
        http: GET crm/tables
        query: {day: "{day}"}
        results: {some: {status: 200, keep: {free: {from: $.free, list_of: {time: time, table: text}}}}}
    nodes:
      first:
        - ask: day
        - {call: look, on: {some: {goto: choose}, failed: {end: Failed.}}}
      choose:
        - ask: at
        - ask: name
        - end: "{name}, at {at as time}."
    trouble: {no_match: [{say: "{hint} {question}"}, {say: "{keypad_hint} {question}"}, {end: Nothing then.}]}
    """


def times(*written: str) -> str:
    return "[" + ", ".join(f"{{time: '{at}', table: a}}" for at in written) + "]"


def given(*lists: str) -> str:
    answers = ", ".join(f"{{some: {{free: {free}}}}}" for free in lists)
    return f"time: 2026-03-02 10:00, answers: {{look: [{answers}]}}"


EVENING = given(times("18:30", "19:00", "19:30", "20:00", "20:30"))
TO_CHOICE = "- {asks: day}\n- {caller: Friday, asks: at}\n"


def test_some_are_offered_at_a_time_and_words_lead_to_the_next() -> None:
    plays(
        FREE,
        """
        - {asks: day}
        - {caller: Friday, asks: at, never_says: eight,
           says: "half past six in the evening seven o'clock in the evening or half past seven For others say later"}
        - {caller: later, says: eight o'clock or half past eight, never_says: half past six}
        - {caller: later, says: "all there are half past six in"}
        - {keys: "9", says: eight o'clock}
        - {caller: the second one, asks: name, slot: {at: 20:30}}
        """,
        given=EVENING,
    )


def test_an_item_is_chosen_by_its_words_its_value_its_place_or_its_key() -> None:
    for act, at in [
        ("caller: half past seven", "19:30"),
        ("caller: seven thirty please", "19:30"),
        ("caller: at seven", "19:00"),
        ("caller: the last one", "19:30"),
        ("caller: the second", "19:00"),
        ("caller: number three", "19:30"),
        ("keys: 1", "18:30"),
        ("caller: eight thirty pm", "20:30"),
        ("caller: seven o'clock in the evening", "19:00"),
    ]:
        plays(FREE, f"{TO_CHOICE}- {{{act}, asks: name, slot: {{at: '{at}'}}}}", given=EVENING)


def test_what_is_not_on_the_list_is_a_no_match_and_the_keys_are_told() -> None:
    plays(
        FREE,
        """
        - {asks: day}
        - {caller: Friday, asks: at}
        - {caller: at nine, asks: at}
        - {caller: bananas, says: "Press 1 for half past six in the evening 2 for seven o'clock in the evening"}
        - {keys: "4", end: completed}
        """,
        given=EVENING,
    )


def test_a_list_without_items_has_nothing_to_choose_from() -> None:
    plays(
        FREE,
        '- {asks: day}\n- {caller: Friday, says: "nothing to choose from Nothing then", end: completed}',
        given=given("[]"),
    )


def test_an_answer_that_the_new_list_has_not_is_asked_again_and_one_that_it_has_stays() -> None:
    there, gone = times("18:00", "19:00"), times("20:00", "21:00")
    plays(
        FREE,
        """
        - {asks: day}
        - {caller: Friday, asks: at}
        - {caller: at seven, asks: name}
        - {caller: "no, Saturday", tool: look, with: {day: 2026-03-07}, asks: name, slot: {at: 19:00}}
        - {caller: "sorry, Sunday", tool: look, says: "seven o'clock in the evening is not to be had", asks: at}
        - {keys: "2", asks: name, slot: {at: 21:00}}
        """,
        given=given(times("19:00", "20:00"), there, gone),
    )


ACCOUNTS = """
    slots:
      account: {type: text, private: pii, ask: Which?}
      pin: {type: digits, length: 4, ask: Your pin?}
    tools:
      look:
        http: GET crm/accounts
        results:
          ok:
            status: 200
            keep:
              accounts: {from: $.accounts, list_of: {kind: text, tail: digits, number: digits}}
              tags: $.tags as list of text
    nodes:
      first: [{call: look, on: {ok: {goto: read}, failed: {end: Failed.}}}]
      read:
        - say:
            {each: accounts, say: "A {item.kind} account ending {item.tail as digits}", up_to: 2, empty: You have none.}
        - menu: Which account is it about?
          name: which
          options_from:
            {list: accounts, say: "the {item.kind} account", keep: item.number, page: 3, into: account, goto: pin}
          options: {new: {hear: [a new one], key: "8", goto: new}}
      pin: [{ask: pin}, {end: Good.}]
      new: [{end: A new account then.}]
    """
THREE = (
    "answers: {look: {ok: {accounts: [{kind: savings, tail: 4321, number: 11114321}, {kind: joint, tail: 8765, number:"
    " 22228765}, {kind: business, tail: 1111, number: 33331111}], tags: [gold, old]}}}"
)


def test_records_are_read_out_and_a_menu_offers_them_beside_its_own_options() -> None:
    for act, number in [
        ("caller: the joint one", "22228765"),
        ("caller: savings", "11114321"),
        ("keys: 3", "33331111"),
        ("caller: the one ending in eight seven six five", "22228765"),
    ]:
        report = plays(
            ACCOUNTS,
            f"""
            - says: "A savings account ending four three two one A joint account"
              never_says: business account ending
            - {{{act}, asks: pin, slot: {{account: {number}}}}}
            """,
            given=THREE,
        )
        assert report.passed
    plays(ACCOUNTS, "- {asks: which}\n- {caller: a new one, end: completed}", given=THREE)
    plays(ACCOUNTS, "- {asks: which}\n- {keys: 8, end: completed}", given=THREE)


def test_a_name_of_two_letters_is_a_word_that_only_one_item_has() -> None:
    given = THREE.replace("kind: joint", "kind: Ng").replace("kind: business", "kind: at Wu")
    for act, number in [("the one with Ng", "22228765"), ("Wu please", "33331111")]:
        plays(ACCOUNTS, f"- {{asks: which}}\n- {{caller: {act}, asks: pin, slot: {{account: {number}}}}}", given=given)
    plays(ACCOUNTS, "- {asks: which}\n- {caller: at, asks: which}", given=given)


def test_a_list_that_is_empty_is_said_to_be() -> None:
    plays(ACCOUNTS, "- {says: You have none}", given="answers: {look: {ok: {accounts: [], tags: []}}}")


def test_a_record_that_lacks_a_value_makes_the_answer_fail() -> None:
    lacking = "answers: {look: {ok: {accounts: [{kind: savings}], tags: []}}}"
    plays(ACCOUNTS, "- {end: completed, says: Failed}", given=lacking)


def test_a_record_gives_its_values_by_name() -> None:
    assert Record((("a", "x"),)).get("a") == "x" and Record(()).get("a") is None


def test_a_choice_of_the_afternoon_is_put_right_to_one_of_the_morning() -> None:
    plays(
        FREE,
        """
        - {asks: day}
        - {caller: Friday, asks: at}
        - {caller: half past three, asks: name, slot: {at: 15:30}}
        - {caller: "no, at nine o'clock", asks: name, slot: {at: 09:00}}
        - {caller: "no, at ten o'clock", slot: {at: 09:00}}
        """,
        given=given(times("09:00", "14:00", "15:30")),
    )
