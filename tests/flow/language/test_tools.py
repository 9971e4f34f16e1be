"""Look-ups and changes: what is sent, what comes back, what is routed."""

import pytest

from tests.flow.language.trial import PROJECT, only, plays, told

LOOK = """
slots: {account: {type: digits, length: 4, ask: Your account?}}
tools:
  look:
    http: GET crm/v1/accounts/{account}
    TOOL
    results:
      vip: {status: 200, when: '$.kind is "vip" and $.points > 10', keep: {name: $.name as name}}
      ok:
        status: 200
        keep:
          name: $.name as name
          born: {from: $.dob, type: date}
          nick: {from: $.nick, type: text, optional: yes}
      not_found: {status: 404}
nodes:
  first:
    - ask: account
    - call: look
      on:
        vip: {end: "Very welcome, {name}."}
        ok: {end: "Welcome {nick or 'friend'}, born {born as date}."}
        not_found: {say: Not found., retry: account, times: 2, leave: lost}
        failed: {end: Failed.}
  lost: [{end: Lost.}]
"""


def look(setting: str = "timeout: 4s") -> str:
    return LOOK.replace("TOOL", setting)


def answer(text: str, flow: str = "", says: str = "") -> None:
    plays(flow or look(), f"- {{asks: account}}\n- {{keys: 1234, says: '{says}'}}", given=f"answers: {{look: {text}}}")


def test_results_are_tried_in_the_written_order() -> None:
    answer('{status: 200, body: {kind: vip, points: 11, name: Ana, dob: "1980-05-02"}}', says="Very welcome, Ana")
    answer(
        '{status: 200, body: {kind: vip, points: 9, name: Ana, dob: "1980-05-02"}}',
        says="Welcome friend, born May second",
    )


def test_a_missing_path_or_another_type_does_not_match() -> None:
    answer('{status: 200, body: {name: Ana, dob: "1980-05-02", nick: Annie}}', says="Welcome Annie")
    answer('{status: 200, body: {kind: 7, points: many, name: Ana, dob: "1980-05-02"}}', says="Welcome friend")


def test_a_kept_value_missing_or_mistyped_makes_the_answer_failed() -> None:
    answer("{status: 200, body: {name: Ana}}", says="Failed")
    answer("{status: 200, body: {name: Ana, dob: soon}}", says="Failed")
    answer('{status: 200, body: {name: {a: b}, dob: "1980-05-02"}}', says="Failed")


def test_what_fits_no_result_is_failed() -> None:
    answer("{status: 500, body: {}}", says="Failed")
    answer("{status: 200, body: [1, 2]}", says="Failed")
    answer("{pending: {}}", says="Failed")
    answer("{not_found: {}, after: 5s}", says="Failed")


def test_retry_asks_again_calls_again_and_leaves_when_used_up() -> None:
    plays(
        look(),
        """
        - {asks: account}
        - {keys: 1234, says: Not found. Your account, asks: account}
        - {keys: 1235, tool: look, with: {account: 1235}, says: Not found, asks: account}
        - {keys: 1236, tool: look, says: Lost, end: completed}
        """,
        given="answers: {look: {not_found: {}}}",
    )


def test_retry_takes_a_list() -> None:
    flow = """
        slots: {customer: {type: digits, length: 4, ask: Your number?}, pin: {type: digits, length: 2, ask: Your pin?}}
        tools: {look: {http: "GET crm/{customer}", headers: {X-Pin: "{pin}"}, results: {ok: {}, wrong: {status: 403}}}}
        nodes:
          first:
            - ask: [customer, pin]
            - call: look
              on:
                ok: {end: Good.}
                wrong: {say: Wrong., retry: [customer, pin], times: 1, leave: no}
                failed: {end: F.}
          no: [{end: No.}]
        """
    plays(
        flow,
        """
        - {asks: customer}
        - {keys: 1234, asks: pin}
        - {keys: 11, says: Wrong. Your number, asks: customer, slot: {pin: empty}}
        - {keys: 1235, asks: pin}
        - {keys: 12, tool: look, with: {customer: 1235, pin: 12}, says: Good, end: completed}
        """,
        given="answers: {look: [{wrong: {}}, {ok: {}}]}",
    )


def test_every_result_is_routed() -> None:
    found = only(look().replace("        failed: {end: Failed.}\n", ""), "IVR108 <call>")
    assert '"look" can end as "failed", and nothing handles it.' in found
    assert "Add under on: failed: {goto:" in found


def test_a_route_for_what_never_comes() -> None:
    found = only(look().replace("        failed:", "        fialed: {end: F.}\n        failed:"), "IVR109 <fialed>")
    assert '"look" never ends as "fialed". Did you mean "failed"?' in found


def test_a_filler_is_spoken_only_if_the_answer_takes_longer_than_its_delay() -> None:
    flow = look("filler: Let me see.")
    quick = "answers: {look: {ok: {name: Ana, born: 1980-05-02}, after: 600ms}}"
    slow = "answers: {look: {ok: {name: Ana, born: 1980-05-02}, after: 900ms}}"
    plays(flow, "- {asks: account}\n- {keys: 1234, never_says: Let me see, says: Welcome}", given=quick)
    plays(flow, "- {asks: account}\n- {keys: 1234, says: Let me see. Welcome}", given=slow)
    plays(
        look("filler: {after: 500ms, say: Let me see.}"),
        "- {asks: account}\n- {keys: 1234, says: Let me see}",
        given=quick,
    )


def test_a_filler_is_said_whole_and_once() -> None:
    flow = look("filler: Let me have a long and careful look at that for you now.")
    slow = "answers: {look: {ok: {name: Ana, born: 1980-05-02}, after: 800ms}}"
    plays(flow, "- {asks: account}\n- {keys: 1234, says: careful look at that for you now. Welcome}", given=slow)


BOOK = """
slots:
  day: {type: date, near: future, ask: Which day?}
  sure: {type: yes_no, ask: "Shall I book {day as date}?"}
  more: {type: yes_no, ask: Another?}
tools:
  book:
    http: POST crm/bookings
    body: {day: "{day}", channel: phone, who: "{call.from}"}
    changes_things: yes
    CONFIRM
    results: {ok: {status: 201}, full: {status: 409}}
nodes:
  first:
    - ask: day
    - call: book
      on:
        ok: {say: Booked.}
        full: {say: Full., retry: day, times: 2, leave: bye}
        DECLINED
        failed: {say: Failed.}
    - ask: more
    - if: more
      then: [{forget: [more, sure]}, {goto: first}]
      else: {goto: bye}
  bye: [{end: Goodbye.}]
"""
CONFIRMED = BOOK.replace("CONFIRM", "confirm_with: sure").replace("DECLINED", "declined: {say: Not booked.}")
WHEN = "time: 2026-03-02 10:00, "


def test_a_change_is_confirmed_right_before_it_is_sent() -> None:
    plays(
        CONFIRMED,
        """
        - {asks: day}
        - {keys: 03102026, says: Shall I book March tenth, asks: sure, never_tool: book}
        - {caller: yes, tool: book, with: {day: 2026-03-10, call.from: "+15550199"}, says: Booked, asks: more}
        """,
        given=WHEN + "answers: {book: {ok: {}}}",
    )
    plays(
        CONFIRMED,
        "- {asks: day}\n- {keys: 03102026, asks: sure}\n- {caller: no, never_tool: book, says: Not booked, asks: more}",
        given=WHEN + "answers: {book: {ok: {}}}",
    )


def test_declined_has_to_be_routed() -> None:
    assert '"declined"' in only(
        CONFIRMED.replace("declined: {say: Not booked.}", "unknown: {say: U.}"), "IVR108 <call>"
    )


def test_the_same_is_never_sent_twice() -> None:
    unconfirmed = BOOK.replace("CONFIRM", "unconfirmed: a trial").replace("        DECLINED\n", "")
    plays(
        unconfirmed,
        """
        - {asks: day}
        - {keys: 03102026, tool: book, says: Booked, asks: more}
        - {caller: yes, never_tool: book, says: Booked, asks: more}
        """,
        given=WHEN + "answers: {book: {ok: {}}}",
    )


def test_a_retry_after_a_definite_result_is_a_new_send_with_a_new_confirmation() -> None:
    plays(
        CONFIRMED,
        """
        - {asks: day}
        - {keys: 03102026, asks: sure}
        - {caller: yes, tool: book, says: Full, asks: day}
        - {keys: 03102026, asks: sure}
        - {caller: yes, tool: book, with: {day: 2026-03-10}, says: Booked, asks: more}
        """,
        given=WHEN + "answers: {book: [{full: {}}, {ok: {}}]}",
    )


def test_after_unknown_the_same_is_never_sent_again() -> None:
    unconfirmed = BOOK.replace("CONFIRM", "unconfirmed: a trial").replace("        DECLINED\n", "")
    plays(
        unconfirmed,
        """
        - {asks: day}
        - {keys: 03102026, tool: book, says: Failed, asks: more}
        - {caller: yes, never_tool: book, says: Failed, asks: more}
        """,
        given=WHEN + "answers: {book: [{pending: {}}, {ok: {}}]}",
    )


def test_unknown_may_be_routed_and_is_failed_if_not() -> None:
    routed = BOOK.replace("CONFIRM", "unconfirmed: a trial").replace("DECLINED", "unknown: {say: Nobody knows.}")
    plays(
        routed, "- {asks: day}\n- {keys: 03102026, says: Nobody knows}", given=WHEN + "answers: {book: {pending: {}}}"
    )


def test_once_a_call() -> None:
    once = BOOK.replace("CONFIRM", "unconfirmed: a trial\n    once: call").replace("        DECLINED\n", "")
    once = once.replace("{forget: [more, sure]}", "{forget: [more, day]}").replace("sure: {", "unused: {")
    once = once.replace('  unused: {type: yes_no, ask: "Shall I book {day as date}?"}\n', "")
    plays(
        once,
        """
        - {asks: day}
        - {keys: 03102026, tool: book, asks: more}
        - {caller: yes, asks: day}
        - {keys: 03112026, never_tool: book, says: Booked, asks: more}
        """,
        given=WHEN + "answers: {book: {ok: {}}}",
    )


def test_confirm_with_may_name_a_slot_that_is_always_read_back() -> None:
    flow = BOOK.replace("ask: Which day?", "confirm: always, ask: Which day?").replace("CONFIRM", "confirm_with: day")
    flow = (
        flow.replace("DECLINED", "declined: {say: Not booked.}")
        .replace(", sure", "")
        .replace('  sure: {type: yes_no, ask: "Shall I book {day as date}?"}\n', "")
    )
    plays(
        flow,
        "- {asks: day}\n"
        "- {keys: 03102026, reads_back: 2026-03-10}\n"
        "- {caller: yes, tool: book, says: Booked, asks: more}",
        given=WHEN + "answers: {book: {ok: {}}}",
    )


def test_a_changing_tool_needs_confirm_with_or_a_reason() -> None:
    found = only(BOOK.replace("    CONFIRM\n", "").replace("        DECLINED\n", ""), "IVR120 <book>")
    assert found.startswith('IVR120 <book> "book" changes something in the crm system but no answer confirms it.')
    assert "Add confirm_with: sure or write unconfirmed: with a reason." in found


def test_any_method_but_get_says_whether_it_changes_things() -> None:
    flow = BOOK.replace("    changes_things: yes\n", "").replace("    CONFIRM\n", "").replace("        DECLINED\n", "")
    only(flow, "IVR121 <book>")


def test_a_changing_tool_fed_by_a_spoken_unconfirmed_slot_is_a_warning() -> None:
    flow = BOOK.replace("CONFIRM", "unconfirmed: a trial").replace("        DECLINED\n", "")
    fed = [line for line in told(flow) if line.startswith("warning")]
    assert len(fed) == 1 and "day" in fed[0], told(flow)


def test_arguments_come_from_with_or_from_values_of_the_same_name() -> None:
    flow = """
        slots: {code: {type: digits, length: 2, ask: Code?}, note: {type: text, optional: yes, ask: Note?}}
        tools:
          look: {python: things.look, takes: {area: text, code: digits, note: text}, results: {ok: {}}}
        nodes:
          first:
            - ask: code
            - call: look
              with: {area: "north {code as digits}"}
              on: {ok: {end: Good.}, failed: {end: Bad.}}
        """
    plays(
        flow,
        "- {asks: code}\n- {keys: 12, tool: look, with: {area: north one two, code: 12, note: empty}, says: Good}",
        given="answers: {look: {ok: {}}}",
    )
    assert "nope" in only(flow.replace("area: text,", "area: text, nope: text,"), "IVR213")


def test_templates_keep_their_type_and_bare_words_are_words() -> None:
    flow = """
        slots: {day: {type: date, ask: Day?}, opt: {type: choice, options: {a: {hear: [apple]}}, ask: Which?}}
        tools:
          look:
            http: POST crm/x
            changes_things: no
            body: {day: "{day}", channel: phone, opt: "{opt}", words: "on {day as date}", deep: {list: ["{day}", b]}}
            results: {ok: {}}
        nodes:
          first:
            - ask: day
            - ask: opt
            - call: look
              on: {ok: {end: Good.}, failed: {end: Bad.}}
        """
    plays(
        flow.replace('words: "on {day as date}", ', ""),
        "- {asks: day}\n- {keys: 03102026}\n- {caller: apple, tool: look, with: {day: 2026-03-10, opt: a}, says: Good}",
        given="answers: {look: {ok: {}}}",
    )
    only(flow, "IVR209 <day>")


def test_addresses_secrets_and_methods() -> None:
    only(look().replace("GET crm/", "GET cmr/"), "IVR113 <cmr>")
    only(look("auth: {bearer: CMR_TOKEN}"), "IVR114 <CMR_TOKEN>")
    only(look().replace("GET crm/", "FETCH crm/"), "IVR105")
    only(look().replace("GET crm/", "GET https://crm.example.com/"), "IVR105")
    only(look().replace("{account}", "{acount}"), "IVR206 <acount>")


@pytest.mark.parametrize("name", ["failed", "unknown", "declined"])
def test_a_result_may_not_have_a_name_of_the_engine(name: str) -> None:
    assert told(look().replace("not_found:", f"{name}:", 1))[0].startswith(f"IVR107 <{name}>")


def test_kept_values_have_types_in_both_forms() -> None:
    python = """
        tools:
          look:
            python: things.look
            results:
              a: {keep: {at: time}}
              b: {keep: {at: {type: time}}}
              c: {keep: {at: {from: $.when, type: time}}}
              d: {keep: {at: $.when as time}}
              e: {keep: {at: {from: when, type: time}}}
        nodes:
          first:
            - call: look
              on:
                a: {goto: tell}
                b: {goto: tell}
                c: {goto: tell}
                d: {goto: tell}
                e: {goto: tell}
                failed: {end: F.}
          tell: [{end: "At {at as time}."}]
        """
    for result in "abcde":
        plays(
            python, "- {says: half past five, end: completed}", given=f"answers: {{look: {{{result}: {{at: 17:30}}}}}}"
        )


def test_project_tools_and_slots_are_everybodys_and_a_flows_own_wins() -> None:
    project = PROJECT + (
        "slots: {account: {type: digits, length: 4, ask: Project account?}}\n"
        "tools: {look: {http: 'GET crm/{account}', results: {ok: {}}}}\n"
    )
    flow = """
        nodes:
          first:
            - ask: account
            - call: look
              on: {ok: {end: Good.}, failed: {end: Bad.}}
        """
    plays(
        flow,
        "- {says: Project account}\n- {keys: 1234, tool: look, says: Good}",
        given="answers: {look: {ok: {}}}",
        project=project,
    )
    plays(
        "slots: {account: {type: digits, length: 4, ask: Own account?}}" + flow.replace("\n        ", "\n"),
        "- {says: Own account}",
        project=project,
    )
