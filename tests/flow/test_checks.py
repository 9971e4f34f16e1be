"""What is told about flows that are written rightly and would still go wrong with a caller."""

import pytest

from tests.flow.projects import PROJECT, codes, flow_text, load, told

ACCOUNT = "account: {type: digits, length: 8, ask: Your number?}"
LOOKUP = """
find:
  http: GET crm/v1/accounts/{account}
  results: {ok: {status: 200, keep: {first_name: $.first as name}}, not_found: {status: 404}}
"""


def only(nodes: str, code: str, *, slots: str = "", tools: str = "", more: str = "") -> tuple[str, str]:
    flow = flow_text(nodes, slots=slots, tools=tools, more=more)
    loaded = load(flow)
    assert codes(loaded) == [code], [str(message) for message in loaded.messages]
    return told(loaded, flow, code)


def clean(nodes: str, *, slots: str = "", tools: str = "", more: str = "", project: str = PROJECT) -> None:
    loaded = load(flow_text(nodes, slots=slots, tools=tools, more=more), project)
    assert [str(message) for message in loaded.messages] == []


# ---- where calls get to


def test_a_node_nobody_reaches_is_a_warning() -> None:
    word, said = only("first: [{end: Bye.}]\nlost: [{end: Bye.}]", "IVR601")
    assert word == "lost" and "No call ever comes" in said


@pytest.mark.parametrize(
    "nodes",
    [
        "first: [{say: Hello.}]",
        "first: [{if: call.from is empty, then: {end: Bye.}}]",
        "first: [{menu: What?, options: {a: {hear: [a], goto: first}, b: {hear: [b]}}}]",
    ],
)
def test_a_node_that_can_come_to_its_end_is_an_error(nodes: str) -> None:
    assert only(nodes, "IVR603")[0] == "first"


def test_a_step_behind_one_that_leaves_is_a_warning() -> None:
    assert "always leaves" in only("first: [{end: Bye.}, {say: Never.}]", "IVR606")[1]


def test_nodes_are_reached_by_commands_rungs_repairs_and_the_error_handler() -> None:
    clean(
        """
        first:
          - ask: account
          - call: find
            on: {ok: {end: A}, not_found: {retry: account, times: 1, leave: by_repair}, failed: {end: A}}
        by_repair: [{end: Bye.}]
        by_rung: [{end: Bye.}]
        by_command: [{end: Bye.}]
        by_error: [{end: Bye.}]
        """,
        slots="account: {type: digits, length: 8, ask: Your number?, trouble: {no_input: [{goto: by_rung}]}}",
        tools=LOOKUP,
        more="commands: {operator: {hear: [a person], goto: by_command}}\non_error: [{goto: by_error}]\n",
    )


def test_a_ladder_that_never_leaves_is_an_error() -> None:
    slots = f"{ACCOUNT[:-1]}, trouble: {{no_input: [{{say: A}}, {{say: B}}, {{say: C}}]}}}}"
    assert "for ever" in only("first: [{ask: account}, {end: Bye.}]", "IVR604", slots=slots)[1]


def test_a_ladder_completed_by_the_engine_needs_no_last_rung() -> None:
    slots = f"{ACCOUNT[:-1]}, trouble: {{no_input: [{{say: A}}]}}}}"
    clean("first: [{ask: account}, {end: Bye.}]", slots=slots)


def test_a_loop_without_the_caller_is_an_error_and_a_conditional_one_a_warning() -> None:
    loaded = load(flow_text("first: [{say: A}, {goto: second}]\nsecond: [{goto: first}]"))
    assert [(m.code, m.severity) for m in loaded.messages] == [("IVR605", "error")]
    loaded = load(flow_text("first: [{say: A}, {if: visits < 3, then: {goto: first}}, {end: Bye.}]"))
    assert [(m.code, m.severity) for m in loaded.messages] == [("IVR605", "warning")]


def test_a_loop_through_a_question_is_none() -> None:
    clean("first: [{ask: account}, {forget: account}, {goto: first}]", slots=ACCOUNT)


# ---- results


def test_every_result_must_be_routed_and_all_missing_ones_are_told_together() -> None:
    said = only("first: [{ask: account}, {call: find, on: {ok: {end: Bye.}}}]", "IVR108", slots=ACCOUNT, tools=LOOKUP)
    assert said[0] == "call"
    assert said[1].startswith('"find" can end as "not_found" or "failed", and nothing handles them. Add under on:')


def test_a_result_that_a_tool_has_not_is_told_with_the_nearest() -> None:
    nodes = """
    first:
      - ask: account
      - {call: find, on: {ok: {end: Bye.}, not_fuond: {end: Bye.}, failed: {end: Bye.}}}
    """
    assert 'Did you mean "not_found"?' in only(nodes, "IVR109", slots=ACCOUNT, tools=LOOKUP)[1]


def test_a_result_that_can_never_match_is_a_warning() -> None:
    tools = "find: {http: GET crm/v1/x, results: {any: {}, ok: {status: 200}, gone: {status: 404}}}"
    nodes = "first: [{call: find, on: {any: {end: A}, ok: {end: A}, gone: {end: A}, failed: {end: A}}}]"
    assert '"ok" can never match' in only(nodes, "IVR116", tools=tools)[1]


def test_handlers_need_no_routes_and_must_not_speak() -> None:
    tools = "note: {http: GET crm/v1/x, results: {ok: {}}}"
    clean("first: [{end: Bye.}]", tools=tools, more="on_hangup: [{call: note}]\n")
    assert "nobody hears" in only("first: [{end: Bye.}]", "IVR304", more="on_hangup: [{say: Hello?}]\n")[1]


# ---- changes


CHANGE = "order: {http: POST crm/v1/orders, body: {account: '{account}'}, %s results: {ok: {status: 201}}}"
ORDER = "first: [{ask: account}, {call: order, on: {ok: {end: A}, %s failed: {end: A}}}]"


def test_a_tool_that_may_change_something_says_so() -> None:
    said = only(ORDER % "", "IVR121", slots=ACCOUNT, tools=CHANGE % "")
    assert said[0] == "order" and "changes_things: yes" in said[1]
    clean(ORDER % "", slots=ACCOUNT, tools=CHANGE % "changes_things: no,")


def test_a_change_is_confirmed_or_says_why_not() -> None:
    slots = ACCOUNT + "\nsure: {type: yes_no, ask: Shall I?}"
    assert "confirm_with: sure" in only(ORDER % "", "IVR120", slots=slots, tools=CHANGE % "changes_things: yes,")[1]
    clean(ORDER % "declined: {end: A},", slots=slots, tools=CHANGE % "changes_things: yes, confirm_with: sure,")
    noted = CHANGE % "changes_things: yes, unconfirmed: only a note,"
    assert "account" in only(ORDER % "", "IVR122", slots=slots, tools=noted)[1]
    clean(ORDER % "", slots=slots.replace("length", "confirm: if spoken, length"), tools=noted)


def test_a_change_is_not_confirmed_by_just_any_slot() -> None:
    tools = CHANGE % "changes_things: yes, confirm_with: account,"
    assert "IVR106" in codes(load(flow_text(ORDER % "declined: {end: A},", slots=ACCOUNT, tools=tools)))


# ---- values that may be empty


def test_a_value_asked_on_every_way_can_be_said() -> None:
    clean("first: [{ask: account}, {end: 'Thanks for {account as digits}.'}]", slots=ACCOUNT)


def test_a_value_that_some_way_does_not_fill_must_not_be_said_plainly() -> None:
    nodes = """
    first: [{if: visits > 1, then: [{ask: account}, {goto: second}], else: {goto: second}}]
    second: [{end: "Thanks for {account as digits}."}]
    """
    word, said = only(nodes, "IVR210", slots=ACCOUNT)
    assert word == "account" and "{account as digits or 'TEXT'}" in said
    clean(nodes.replace("as digits", "as digits or 'that'"), slots=ACCOUNT)


def test_a_command_may_leave_any_question() -> None:
    nodes = """
    first: [{ask: account}, {goto: person}]
    person: [{end: "We have noted {account as digits}."}]
    """
    clean(nodes, slots=ACCOUNT)
    commands = "commands: {operator: {hear: [a person], goto: person}}\n"
    assert only(nodes, "IVR210", slots=ACCOUNT, more=commands)[0] == "account"


def test_a_kept_value_is_there_only_on_the_way_of_its_result() -> None:
    nodes = """
    first:
      - ask: account
      - {call: find, on: {ok: {goto: hello}, not_found: {goto: %s}, failed: {end: Bye.}}}
    hello: [{end: "Hello {first_name}."}]
    %s
    """
    clean(nodes % ("other", "other: [{end: Bye.}]"), slots=ACCOUNT, tools=LOOKUP)
    assert only(nodes % ("hello", ""), "IVR210", slots=ACCOUNT, tools=LOOKUP)[0] == "first_name"


def test_what_a_look_up_kept_is_gone_when_its_argument_is_forgotten() -> None:
    nodes = """
    first:
      - ask: account
      - {call: find, on: {ok: [{forget: %s}, {end: "Hello {first_name}."}], not_found: {end: A}, failed: {end: A}}}
    """
    slots = ACCOUNT + "\nother: {type: text, ask: Else?}"
    clean(nodes % "other", slots=slots, tools=LOOKUP)
    assert only(nodes % "account", "IVR210", slots=slots, tools=LOOKUP)[0] == "first_name"


def test_a_possibly_empty_value_is_tested_before_it_is_compared() -> None:
    nodes = "first: [{if: %s, then: {end: A}, else: {goto: ask_it}}]\nask_it: [{ask: account}, {goto: first}]"
    assert only(nodes % "account is '12345678'", "IVR211", slots=ACCOUNT)[0] == "account"
    clean(nodes % "account is not empty and account is '12345678'", slots=ACCOUNT)
    clean(nodes % "account is empty or account is '12345678'", slots=ACCOUNT)


def test_a_condition_fills_on_its_branch() -> None:
    clean(
        """
        first: [{if: account is empty, then: {goto: ask_it}}, {end: "It is {account as digits}."}]
        ask_it: [{ask: account}, {goto: first}]
        """,
        slots=ACCOUNT,
    )


def test_an_optional_slot_stays_possibly_empty() -> None:
    slots = "account: {type: digits, length: 8, optional: yes, skip: [none], ask: Your number?}"
    assert only("first: [{ask: account}, {end: 'It is {account}.'}]", "IVR210", slots=slots)[0] == "account"


def test_an_argument_that_may_be_empty_is_an_error_but_not_in_handlers() -> None:
    call = "{call: find, on: {ok: {end: A}, not_found: {end: A}, failed: {end: A}}}"
    assert '"find" needs account' in only(f"first: [{call}]", "IVR213", slots=ACCOUNT, tools=LOOKUP)[1]
    clean("first: [{end: A}]", slots=ACCOUNT, tools=LOOKUP, more="on_hangup: [{call: find}]\n")


def test_a_slot_without_a_question_cannot_be_asked() -> None:
    slots = "account: {type: digits, length: 8}"
    assert "has no question" in only("first: [{ask: account}, {end: A}]", "IVR117", slots=slots)[1]


# ---- what callers say


def test_words_of_two_options_are_an_error_and_those_of_a_command_a_warning() -> None:
    menu = "first: [{menu: What?, options: {a: {hear: [bill], goto: bye}, b: {hear: [fault, Bill], goto: bye}}}]"
    word, said = only(menu + "\nbye: [{end: Bye.}]", "IVR312")
    assert word == "b" and '"Bill" chooses "a" and "b"' in said
    more = "commands: {agent: {hear: [bill], goto: first}}\n"
    one = "first: [{menu: What?, options: {a: {hear: [bill], goto: bye}, b: {hear: [fault], goto: bye}}}]"
    assert (
        'means agent everywhere, but here it chooses "a"' in only(one + "\nbye: [{end: Bye.}]", "IVR313", more=more)[1]
    )
    clean(one + "\nbye: [{end: Bye.}]", more=more.replace("goto: first", "goto: bye"))


def test_two_commands_of_one_key_or_one_word_are_errors() -> None:
    nodes = "first: [{menu: What?, options: {a: {hear: [bill], goto: bye}}}]\nbye: [{end: Bye.}]"
    keys = 'commands: {x: {hear: [one], key: "7", goto: bye}, y: {hear: [two], key: "7", goto: bye}}\n'
    assert 'Key "7" means x and y.' in only(nodes, "IVR112", more=keys)[1]
    words = "commands: {x: {hear: [one], goto: bye}, y: {hear: [one], goto: bye}}\n"
    assert '"one" means x and y' in only(nodes, "IVR312", more=words)[1]


# ---- what callers hear


def test_a_long_prompt_and_a_long_menu_are_warnings() -> None:
    assert "takes about" in only(f"first: [{{end: '{'word ' * 100}'}}]", "IVR310")[1]
    options = ", ".join(f"o{n}: {{hear: [choice {n}], goto: bye}}" for n in range(7))
    said = only(f"first: [{{menu: What?, options: {{{options}}}}}]\nbye: [{{end: A}}]", "IVR310")[1]
    assert "lists seven choices" in said and "Callers forget after four" in said


@pytest.mark.parametrize(
    "text", ["It costs $42.50.", "Call 1 800 555 0100.", "Take 20% off.", "We open at 9 am.", "From May 2027 on."]
)
def test_a_number_in_a_sentence_is_a_warning(text: str) -> None:
    assert only(f"first: [{{end: '{text}'}}]", "IVR311")


@pytest.mark.parametrize("text", ["Press 1 for your bill.", "We are open 24 hours, 7 days a week."])
def test_small_numbers_in_a_sentence_are_words(text: str) -> None:
    clean(f"first: [{{end: '{text}'}}]")


@pytest.mark.parametrize(
    ("private", "field", "told_it"),
    [
        ("pii", "{account}", True),
        ("pii", "{account as digits}", False),
        ("pci", "{account as digits}", True),
        ("pci", "{account as last 4}", False),
        ("secret", "{account as last 4}", True),
    ],
)
def test_private_values_are_said_only_in_a_form_that_shows_it_is_meant(private: str, field: str, told_it: bool) -> None:
    slots = f"account: {{type: digits, length: 8, private: {private}, ask: Your number?}}"
    loaded = load(flow_text(f'first: [{{ask: account}}, {{end: "It is {field}."}}]', slots=slots))
    assert codes(loaded) == (["IVR503"] if told_it else [])


def test_a_private_value_is_not_copied_into_an_open_one() -> None:
    slots = ACCOUNT.replace("length", "private: pii, length") + "\ncopy: {type: text, ask: Hm?}"
    nodes = "first: [{ask: account}, {set: {copy: '{account}'}}, {end: Bye.}]"
    assert only(nodes, "IVR505", slots=slots)[0] == "account"


def test_pci_stays_out_of_addresses() -> None:
    slots = ACCOUNT.replace("length", "private: pci, length")
    nodes = "first: [{ask: account}, {call: find, on: {ok: {end: A}, not_found: {end: A}, failed: {end: A}}}]"
    assert "must not stand in an address" in only(nodes, "IVR504", slots=slots, tools=LOOKUP)[1]


def test_a_key_of_a_command_and_an_option_clash_unless_switched_off() -> None:
    more = 'commands: {operator: {hear: [a person], key: "0", goto: bye}}\n'
    menu = 'first: [{menu: What?, %soptions: {a: {hear: [a], key: "0", goto: bye}}}]\nbye: [{end: A}]'
    assert 'Key "0" means operator' in only(menu % "", "IVR112", more=more)[1]
    clean(menu % "commands: {operator: no}, ", more=more)


# ---- conditions


@pytest.mark.parametrize("condition", ["n > 10", "n is 11", "n < 0", "n is 3 and n is 4"])
def test_a_condition_that_can_never_hold_is_a_warning(condition: str) -> None:
    slots = "n: {type: number, from: 0, to: 10, ask: How many?}"
    nodes = f"first: [{{ask: n}}, {{if: {condition}, then: {{end: A}}}}, {{end: B}}]"
    assert "can never be true" in only(nodes, "IVR212", slots=slots)[1]


def test_conditions_within_bounds_are_fine() -> None:
    slots = "n: {type: number, from: 0, to: 10, ask: How many?}"
    clean("first: [{ask: n}, {if: n >= 10 or n is 0, then: {end: A}}, {end: B}]", slots=slots)
