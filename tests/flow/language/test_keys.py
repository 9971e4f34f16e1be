"""Answers by keys."""

from tests.flow.language.trial import only, plays


def slot(text: str) -> str:
    return (
        f"slots: {{next_one: {{type: yes_no, ask: And now?}}, it: {{{text}, ask: What is it?}}}}\n"
        "nodes:\n  first: [{ask: it}, {ask: next_one}, {end: Goodbye.}]\n"
    )


def test_digits_end_at_their_full_length() -> None:
    plays(slot("type: digits, length: 4"), "- {asks: it}\n- {keys: 1234, asks: next_one, within: 1s, slot: {it: 1234}}")


def test_a_ranged_length_ends_at_its_longest_at_the_hash_or_after_a_pause() -> None:
    flow = slot("type: digits, length: 4-6")
    plays(flow, "- {asks: it}\n- {keys: 123456, asks: next_one, within: 1s}")
    plays(flow, "- {asks: it}\n- {keys: 1234#, asks: next_one, within: 1s, slot: {it: 1234}}")
    plays(flow, "- {asks: it}\n- {keys: 1234, asks: next_one, slot: {it: 1234}}")
    plays(flow, "- {asks: it}\n- {keys: 123#, says: right number of digits, asks: it}")


def test_number_and_money_end_when_no_longer_one_is_within_to() -> None:
    flow = slot("type: number, from: 1, to: 12")
    plays(flow, "- {asks: it}\n- {keys: 5, asks: next_one, within: 1s, slot: {it: 5}}")
    plays(flow, "- {asks: it}\n- {keys: 12, asks: next_one, within: 1s, slot: {it: 12}}")
    plays(flow, "- {asks: it}\n- {keys: 1#, asks: next_one, within: 1s, slot: {it: 1}}")
    plays(flow, "- {asks: it}\n- {keys: 1, asks: next_one, slot: {it: 1}}")
    plays(flow, "- {asks: it}\n- {keys: '0#', says: less than, asks: it}")


def test_money_has_a_star_for_its_point() -> None:
    flow = slot("type: money, from: 5, to: 1000")
    plays(flow, "- {asks: it}\n- {keys: 42*50, asks: next_one, slot: {it: 42.50}}")
    plays(flow, "- {asks: it}\n- {keys: 42*50#, asks: next_one, within: 1s, slot: {it: 42.50}}")
    plays(
        flow, "- {asks: it}\n- {keys: 42*50#, says: And now}\n- {silence: yes, says: hear you}"
    )  # it is no key of that one
    plays(flow, "- {asks: it}\n- {keys: 1001#, says: more than, asks: it}")


def test_a_date_is_eight_digits_in_the_order_of_the_language_or_as_written() -> None:
    plays(slot("type: date"), "- {asks: it}\n- {keys: 05021980, asks: next_one, within: 1s, slot: {it: 1980-05-02}}")
    plays(
        slot("type: date, keys: {order: ddmmyyyy}"),
        "- {asks: it}\n- {keys: 02051980, asks: next_one, within: 1s, slot: {it: 1980-05-02}}",
    )
    plays(slot("type: date"), "- {asks: it}\n- {keys: 13451980, says: catch that, asks: it}")


def test_yes_and_no_are_1_and_2_or_as_written() -> None:
    plays(slot("type: yes_no"), "- {asks: it}\n- {keys: 2, asks: next_one, slot: {it: no}}")
    flow = slot('type: yes_no, keys: {yes: "1", no: "3"}')
    plays(flow, "- {asks: it}\n- {keys: 3, asks: next_one, slot: {it: no}}")
    plays(flow, "- {asks: it}\n- {keys: 2, says: catch that, asks: it}")


def test_a_choice_by_its_key() -> None:
    flow = slot('type: choice, options: {a: {hear: [apples], key: "1"}, b: {hear: [pears], key: "*"}}')
    plays(flow, "- {asks: it}\n- {keys: '*', asks: next_one, slot: {it: b}}")
    plays(flow, "- {asks: it}\n- {keys: 7, says: catch that, asks: it}")


def test_the_first_key_cuts_the_prompt() -> None:
    flow = """
        slots: {it: {type: digits, length: 4, ask: This is a long question that goes on for long. What?}}
        nodes: {first: [{ask: it}, {end: Goodbye.}]}
        """
    plays(
        flow,
        "- {cut_in: {after: 1s, keys: 1234}, says: This is, never_says: What, slot: {it: 1234}, end: completed}",
    )


def test_keys_left_over_answer_the_next_question_across_prompts_and_tools() -> None:
    flow = """
        slots:
          one: {type: digits, length: 2, ask: First?}
          two: {type: digits, length: 2, ask: Second?}
          three: {type: yes_no, ask: Third?}
        tools: {look: {http: "GET crm/x/{one}", results: {ok: {}}}}
        nodes:
          first:
            - ask: one
            - call: look
              on: {ok: {say: Found.}, failed: {goto: bye}}
            - ask: [two, three]
            - goto: bye
          bye: [{end: Goodbye.}]
        """
    plays(
        flow,
        "- {asks: one}\n- {keys: 11221, slot: {one: 11, two: 22, three: yes}, end: completed}",
        given="answers: {look: {ok: {}}}",
    )


def test_type_ahead_can_be_off_and_is_off_for_pci_and_secret() -> None:
    flow = """
        slots:
          one: {type: digits, length: 2, ask: First?}
          two: {type: digits, length: 2, SETTING, ask: Second?}
        tools: {look: {http: "GET crm/x/{one}", results: {ok: {}}}}
        nodes:
          first:
            - ask: one
            - call: look
              on: {ok: {say: Found.}, failed: {end: Failed.}}
            - ask: two
            - end: Goodbye.
        """
    slow = "answers: {look: {ok: {}, after: 2s}}"
    plays(flow.replace("SETTING", "confirm: never"), "- {asks: one}\n- {keys: 1122, end: completed}", given=slow)
    for setting in ("keys: {ahead: no}", "private: pci", "private: secret"):
        plays(flow.replace("SETTING", setting), "- {asks: one}\n- {keys: 1122, asks: two}", given=slow)


def test_the_pause_between_keys_and_the_key_that_ends_can_be_set() -> None:
    flow = slot('type: digits, length: 4-6, keys: {pause: 1s, end: "*"}')
    plays(flow, "- {asks: it}\n- {keys: 1234*, asks: next_one, within: 500ms, slot: {it: 1234}}")
    plays(flow, "- {asks: it}\n- {keys: 1234, asks: next_one, within: 1500ms, slot: {it: 1234}}")


def test_a_one_key_command_sleeps_while_digits_are_entered() -> None:
    flow = """
        commands: {operator: {key: "0", goto: bye}}
        slots: {it: {type: digits, length: 4, ask: Four digits?}, ok: {type: yes_no, ask: Right?}}
        nodes:
          first: [{ask: it}, {ask: ok}, {end: Done.}]
          bye: [{end: A person then.}]
        """
    plays(
        flow,
        "- {asks: it}\n- {keys: 0123, asks: ok, slot: {it: 0123}}\n- {keys: 0, says: A person then, end: completed}",
    )


def test_a_two_key_command_stays_awake_while_digits_are_entered() -> None:
    flow = """
        commands: {operator: {key: "*0", goto: bye}}
        slots: {it: {type: digits, length: 4, ask: Four digits?}}
        nodes:
          first: [{ask: it}, {end: Done.}]
          bye: [{end: A person then.}]
        """
    plays(flow, "- {asks: it}\n- {keys: '*0', says: A person then, end: completed}")


def test_an_options_words_and_keys_win_over_a_commands() -> None:
    """The key clash is told; switched off for the question it is the option's."""
    flow = """
        commands: {operator: {hear: [operator], key: "0", goto: bye}}
        nodes:
          first:
            - menu: Which?
              MORE
              options: {a: {hear: [operator, apples], key: "0", goto: done}}
          done: [{end: Apples.}]
          bye: [{end: A person then.}]
        """
    keys = flow.replace("MORE", "name: which").replace("hear: [operator, apples]", "hear: [apples]")
    assert "operator: no" in only(keys, "IVR112 <")
    off = flow.replace("MORE", "commands: {operator: no}")
    plays(off, "- {asks: first}\n- {keys: 0, says: Apples, end: completed}")
    words = off.replace("commands: {operator: no}", "name: which").replace(', key: "0", goto: done', ", goto: done")
    assert "chooses" in only(words, "warning IVR313 <a>")
    words = words.replace("goto: done}}", "goto: done}}   # ivr: ignore IVR313 apples are called so here")
    plays(words, "- {asks: first}\n- {caller: operator, says: Apples, end: completed}")


def test_a_question_may_be_left_empty_by_its_skip_words_or_key() -> None:
    flow = slot('type: text, optional: yes, skip: {hear: [nothing, no thanks], key: "#"}')
    plays(flow, "- {asks: it}\n- {keys: '#', asks: next_one, slot: {it: empty}}")
    plays(flow, "- {asks: it}\n- {caller: no thanks, asks: next_one, slot: {it: empty}}")
    plays(flow.replace(', skip: {hear: [nothing, no thanks], key: "#"}', ""), "- {asks: it}\n- {keys: '#', asks: it}")
    for private in ("", "private: pii, ", "private: pci, "):
        card = slot(f'type: digits, length: 13-19, {private}optional: yes, skip: {{key: "#"}}')
        plays(card, "- {asks: it}\n- {keys: '#', asks: next_one, slot: {it: empty}}")
        plays(card, "- {asks: it}\n- {keys: '4111111111111111#', asks: next_one}")
