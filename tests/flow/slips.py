"""Slips of operators in a project that uses the whole language: `mistakes/whole`, with one text in one file put for
another. What each is told stands in `mistakes/slips.txt`; `python -m tests.flow.test_mistakes` writes it anew."""

from typing import Final, NamedTuple


class Slip(NamedTuple):
    """`was` stands once in `file`; a tab, a forgotten line or a wrong column is `now` too."""

    name: str
    file: str
    was: str
    now: str


SUPPORT: Final = "support.flow.yaml"
VERIFY: Final = "verify.flow.yaml"
TABLES: Final = "tables.flow.yaml"
TRIAGE: Final = "triage.flow.yaml"
REMINDER: Final = "reminder.flow.yaml"
PROJECT: Final = "project.yaml"
NUMBERS: Final = "numbers.csv"
SUMMARY: Final = (
    'summary: "A table for {party}, {day as day} at {at as time}, '
    "with {extras as list or 'no wishes'}. Is that right?\""
)
LANGUAGES: Final = "languages: {default: en-US}"
WORD: Final = "{say: Please call Harbour about your account., after: tone}"
ROUND: Final = "{return: verified}, not_verified: {return: not_verified}, unavailable: {return: unavailable}"

SLIPS: Final = (
    # flows that run flows, facts
    Slip("a_sub_flow_at_a_number", PROJECT, "default: support", "default: verify"),
    Slip("a_sub_flow_mistyped", SUPPORT, "run: verify\n", "run: verfy\n"),
    Slip("an_outcome_nobody_handles", SUPPORT, ", unavailable: {goto: person}}", "}"),
    Slip("an_outcome_mistyped", SUPPORT, "unavailable: {goto: person}", "unavailible: {goto: person}"),
    Slip("an_outcome_that_is_not_declared", VERIFY, "{return: unavailable}", "{return: not_available}"),
    Slip("an_output_that_is_not_filled", VERIFY, "  not_verified: []", "  not_verified: [balance]"),
    Slip("an_output_mistyped", SUPPORT, "keep: [first_name,", "keep: [firstname,"),
    Slip(
        "an_output_that_nothing_keeps", SUPPORT, "keep: [first_name, balance, account]", "keep: [first_name, account]"
    ),
    Slip(
        "an_outcome_as_a_list_without_brackets",
        VERIFY,
        "verified: [first_name, balance, account]",
        "verified: first_name, balance, account",
    ),
    Slip("run_of_a_flow_that_does_not_come_back", SUPPORT, "run: verify\n", "run: tables\n"),
    Slip("a_handoff_to_a_sub_flow", SUPPORT, "{handoff: tables}", "{handoff: verify}"),
    Slip("a_handoff_with_on", SUPPORT, "{handoff: tables}", "{handoff: tables, on: {done: {goto: who}}}"),
    Slip(
        "a_circle",
        VERIFY,
        "{return: not_verified}]",
        f"{{run: verify, on: {{verified: {ROUND}}}}}]",
    ),
    Slip(
        "an_input_that_is_missing",
        VERIFY,
        "inputs: {account: {optional: yes}}",
        "inputs: {account: {optional: yes}, area: text}",
    ),
    Slip("an_input_as_a_list", VERIFY, "inputs: {account: {optional: yes}}", "inputs: [account]"),
    Slip(
        "an_input_without_its_slot", VERIFY, "inputs: {account: {optional: yes}}", "inputs: {acount: {optional: yes}}"
    ),
    Slip("a_fact_never_granted", VERIFY, "{grant: known_caller for account}, ", ""),
    Slip("a_fact_mistyped", SUPPORT, "needs: known_caller", "needs: knowncaller"),
    Slip("a_fact_in_quotes", SUPPORT, "if: not known_caller", 'if: known_caller is not "yes"'),
    Slip("a_grant_of_two_words", VERIFY, "grant: known_caller for account", "grant: known caller for account"),
    Slip("a_grant_for_what_is_not_there", VERIFY, "grant: known_caller for account", "grant: known_caller for acount"),
    Slip("a_path_without_the_fact", SUPPORT, "then: {handoff: tables}", "then: {goto: answer}"),
    Slip("a_return_in_a_flow_of_callers", SUPPORT, "    - end: We will call you. Goodbye.", "    - return: done"),
    Slip("an_end_of_a_path_without_return", VERIFY, ", {return: not_verified}]", "]"),
    Slip("a_private_value_of_a_sub_flow_said", SUPPORT, "{first_name}, your balance", "{account}, your balance"),
    # hours
    Slip("a_day_written_out", PROJECT, "mon-fri: 08:00-18:00", "monday-friday: 08:00-18:00"),
    Slip("days_in_german", PROJECT, "mon-fri: 08:00-18:00", "mo-fr: 08:00-18:00"),
    Slip("hours_by_the_twelve_hour_clock", PROJECT, "mon-fri: 08:00-18:00", "mon-fri: 8am-6pm"),
    Slip("hours_with_dots", PROJECT, "mon-fri: 08:00-18:00", "mon-fri: 8.00-18.00"),
    Slip("hours_without_minutes", PROJECT, "mon-fri: 08:00-18:00", "mon-fri: 8-18"),
    Slip("a_split_day_with_a_comma", PROJECT, "[11:30-14:00, 17:00-22:00]", "11:30-14:00, 17:00-22:00"),
    Slip("spans_that_overlap", PROJECT, "[11:30-14:00, 17:00-22:00]", "[11:30-18:00, 17:00-22:00]"),
    Slip("a_day_twice", PROJECT, "    sat: 09:00-13:00", "    sat: 09:00-13:00\n    fri-sun: 10:00-12:00"),
    Slip("holidays_of_nowhere", PROJECT, "holidays: US-NY", "holidays: NY"),
    Slip("holidays_as_yes", PROJECT, "holidays: US-NY", "holidays: yes"),
    Slip("a_german_date", PROJECT, "2026-12-24: 08:00-12:00", "24.12.2026: 08:00-12:00"),
    Slip("a_british_date", PROJECT, "closed: [2026-11-26]", "closed: [26/11/2026]"),
    Slip("special_as_a_list_of_dates", PROJECT, "special: {2026-12-24: 08:00-12:00}", "special: [2026-12-24]"),
    Slip("hours_mistyped_in_a_condition", SUPPORT, "hours.office is not open", "hours.ofice is not open"),
    Slip("hours_without_open", SUPPORT, "hours.office is not open", "not hours.office"),
    Slip("hours_closed", SUPPORT, "hours.office is not open", "hours.office is closed"),
    Slip("hours_mistyped_in_a_sentence", SUPPORT, "{hours.office.next as day}", "{hours.offices.next as day}"),
    Slip("hours_without_next", SUPPORT, "{hours.office.next as day}", "{hours.office as day}"),
    Slip("hours_mistyped_at_a_target", PROJECT, "hours: office, wait: 5m", "hours: offices, wait: 5m"),
    Slip(
        "office_hours_in_a_rule", TABLES, "hours.kitchen is open on day at 19:00", "hours.kitchen is open on day at 7pm"
    ),
    # split
    Slip("an_arm_nobody_handles", SUPPORT, "on: {short: {say: Harbour.}, long:", "on: {long:"),
    Slip("arms_as_a_list", SUPPORT, "arms: {short: 50, long: 50}", "arms: [short, long]"),
    Slip("arms_in_percent", SUPPORT, "arms: {short: 50, long: 50}", "arms: {short: 50%, long: 50}"),
    Slip("a_split_until_a_german_date", SUPPORT, "date: 2026-12-01", "date: 1.12.2026"),
    Slip("a_split_that_ends_nowhere", SUPPORT, "then: short}", "then: shortt}"),
    # numbers in a table, calls that we make
    Slip("a_table_mistyped", PROJECT, "table: numbers.csv", "table: number.csv"),
    Slip(
        "a_table_with_semicolons",
        NUMBERS,
        "number,flow,branch\n+15550110,support,Salem\n+15550111,tables,Dover\n",
        "number;flow;branch\n+15550110;support;Salem\n+15550111;tables;Dover\n",
    ),
    Slip("a_flow_mistyped_in_the_table", NUMBERS, "+15550111,tables", "+15550111,table"),
    Slip("a_number_without_plus_in_the_table", NUMBERS, "+15550111,", "15550111,"),
    Slip("a_sub_flow_in_the_table", NUMBERS, "+15550111,tables", "+15550111,verify"),
    Slip("a_number_twice", NUMBERS, "+15550111,", "+15550110,"),
    Slip("a_number_twice_over", PROJECT, '"+15550102": triage', '"+15550101": triage'),
    Slip("outbound_without_a_flow", PROJECT, "remind: {flow: reminder, ", "remind: {"),
    Slip("outbound_from_a_name", PROJECT, 'from: "+15550100", hours: office', "from: office, hours: office"),
    Slip("outbound_hours_mistyped", PROJECT, "hours: office, tries: 3", "hours: ofice, tries: 3"),
    Slip("outbound_tries_in_words", PROJECT, "tries: 3", "tries: three"),
    Slip("outbound_of_no_such_end", PROJECT, "no_answer: not_reached, busy", "noanswer: not_reached, busy"),
    Slip("answered_by_a_robot", REMINDER, "machine: leave_word", "voicemail: leave_word"),
    Slip("answered_by_without_its_node", REMINDER, "fax: give_up", "fax: giveup"),
    Slip("after_the_beep", REMINDER, "after: tone", "after: beep"),
    # choices from a list, summaries, checks
    Slip("a_list_that_nothing_keeps", TABLES, "options_from: {list: free,", "options_from: {list: frees,"),
    Slip("a_field_of_an_item_mistyped", TABLES, 'say: "{item.time as time}", keep', 'say: "{item.tim as time}", keep'),
    Slip("a_page_of_twenty", TABLES, "page: 3", "page: 20"),
    Slip(
        "options_and_options_from",
        TABLES,
        "    ask: Which of these times would you like?",
        '    options: {noon: {hear: [noon], key: "8"}}\n    ask: Which of these times would you like?',
    ),
    Slip(
        "a_list_read_before_it_came",
        TABLES,
        "    - ask: [party, day, from_hour",
        "    - ask: at\n    - ask: [party, day, from_hour",
    ),
    Slip(
        "say_each_without_item",
        TABLES,
        'say: {each: free, say: "{item.time as time}"',
        'say: {each: free, say: "{time as time}"',
    ),
    Slip("say_each_of_no_list", TABLES, "say: {each: free,", "say: {each: party,"),
    Slip("say_each_mistyped", TABLES, "up_to: 5, empty:", "upto: 5, empty:"),
    Slip(
        "a_summary_without_quotes",
        TABLES,
        SUMMARY,
        "summary: Is that right: {party} on {day as day}?",
    ),
    Slip("a_summary_at_the_node", TABLES, '      summary: "A table', '    - summary: "A table'),
    Slip(
        "confirm_with_summary_and_no_summary",
        TABLES,
        f"      {SUMMARY}\n",
        "",
    ),
    Slip("confirm_with_no_such_slot", TABLES, "confirm_with: summary", "confirm_with: sure"),
    Slip("confirm_with_a_number", TABLES, "confirm_with: summary", "confirm_with: party"),
    Slip("or_without_its_node", SUPPORT, "      or: extension\n      or_goto: colleague", "      or: extension"),
    Slip("or_of_no_slot", SUPPORT, "or: extension", "or: extensions"),
    Slip("a_check_mistyped", TABLES, "check: mod10", "check: mod 10"),
    Slip("a_check_of_no_kind", TABLES, "check: mod10", "check: luhn"),
    Slip("a_check_by_a_tool_without_ok", TABLES, "check: mod10", "check: {tool: free_tables}"),
    Slip("declined_forgotten", TABLES, "        declined: {goto: bye}\n", ""),
    Slip("skip_without_optional", TABLES, "optional: yes, skip: {hear: [no voucher]}", "skip: {hear: [no voucher]}"),
    # a model
    Slip("an_agent_without_a_way_for_model_down", TRIAGE, " model_down: {goto: nurse_now},", ""),
    Slip(
        "an_exit_without_goto",
        TRIAGE,
        "done: {needs: [symptom, severity], goto: later}",
        "done: {needs: [symptom, severity]}",
    ),
    Slip("an_exit_that_needs_what_is_not_collected", TRIAGE, "collect: [symptom, severity]", "collect: [symptom]"),
    Slip("an_exit_mistyped_in_always", TRIAGE, "before: done", "before: finished"),
    Slip("an_agents_tool_mistyped", TRIAGE, "tools: [nearest_clinic]", "tools: [nearest_clinics]"),
    Slip("an_agents_slot_mistyped", TRIAGE, "collect: [symptom, severity]", "collect: [symptoms, severity]"),
    Slip(
        "an_agent_without_a_goal", TRIAGE, "      goal: Learn what is wrong and how bad it is. Be calm and brief.\n", ""
    ),
    Slip("limits_without_a_unit", TRIAGE, "time: 4m", "time: 4"),
    Slip("a_limit_mistyped", TRIAGE, "tool_calls: 3", "toolcalls: 3"),
    Slip("never_as_a_sentence", TRIAGE, "never: [{say: a diagnosis or a dose}]", "never: a diagnosis or a dose"),
    Slip("never_without_say", TRIAGE, "never: [{say: a diagnosis or a dose}]", "never: [a diagnosis]"),
    Slip(
        "an_exit_that_leads_nowhere",
        TRIAGE,
        "when: severity >= 9, goto: nurse_now",
        "when: severity >= 9, goto: nurse_no",
    ),
    Slip("an_exit_when_in_words", TRIAGE, "when: severity >= 9", "when: severity is high"),
    Slip("exits_as_a_list", TRIAGE, "        emergency: {watch", "        - emergency: {watch"),
    Slip("watch_as_one_text", TRIAGE, "watch: [chest pain, can't breathe]", "watch: chest pain, can't breathe"),
    # transfers, recordings, messages
    Slip("a_mode_mistyped", SUPPORT, "mode: warm", "mode: worm"),
    Slip("closed_forgotten", PROJECT, "closed: {goto: message}, ", ""),
    Slip(
        "a_result_of_a_target_without_hours",
        TRIAGE,
        "on: {no_answer: {goto: later}, failed",
        "on: {no_answer: {goto: later}, closed: {goto: later}, failed",
    ),
    Slip("a_value_of_a_target_forgotten", SUPPORT, 'with: {ext: "{extension}"}, ', ""),
    Slip("a_value_of_a_target_by_its_key_there", SUPPORT, "with: {ext:", "takes: {ext:"),
    Slip("a_value_of_a_target_mistyped", SUPPORT, "with: {ext:", "with: {extension:"),
    Slip("a_whisper_to_a_cold_transfer", SUPPORT, "      mode: warm\n", "      mode: cold\n"),
    Slip(
        "while_waiting_where_nobody_waits",
        TRIAGE,
        'mode: warm\n      whisper: "Severity {severity}: {symptom}."',
        "while_waiting: {every: {time: 45s, say: Please hold.}}",
    ),
    Slip(
        "every_without_a_time",
        SUPPORT,
        'every: {time: 45s, say: "You are number {position} in the line."}',
        "every: 45s",
    ),
    Slip("position_outside_a_queue", SUPPORT, '[{say: "{first_name}, your balance', '[{say: "{position}, your balance'),
    Slip(
        "a_target_of_two_kinds",
        PROJECT,
        'nurse: {number: "+15550107788", ring',
        'nurse: {number: "+15550107788", queue: nurses, ring',
    ),
    Slip("a_target_of_no_kind", PROJECT, "care: {queue: customer-care, hours", "care: {hours"),
    Slip("a_sip_address_without_quotes", PROJECT, 'sip: "sip:{ext}@pbx.example.com"', "sip: sip:{ext}@pbx.example.com"),
    Slip("a_sip_address_without_sip", PROJECT, 'sip: "sip:{ext}@pbx.example.com"', 'sip: "{ext}@pbx.example.com"'),
    Slip("a_field_in_a_target_without_takes", PROJECT, ", takes: {ext: {type: digits, length: 4}}", ""),
    Slip("a_number_with_zeros", PROJECT, '"+15550107788", ring', '"0015550107788", ring'),
    Slip("a_wait_without_a_unit", PROJECT, "wait: 5m", "wait: 5"),
    Slip("a_recording_for_no_contact", PROJECT, "send_to: care_desk", "send_to: caredesk"),
    Slip("a_recording_done_forgotten", PROJECT, "{done: {goto: bye}, failed: {goto: bye}}", "{failed: {goto: bye}}"),
    Slip("ends_as_a_key", PROJECT, 'ends: {silence: 4s, key: "#"}', "ends: #"),
    Slip("a_callback_without_within", SUPPORT, "      within: 2h\n", ""),
    Slip("a_callback_to_a_number", SUPPORT, "to: caller\n", "to: 5550107788\n"),
    Slip("a_text_without_its_words", SUPPORT, "      body: We call you within two hours.\n", ""),
    Slip(
        "a_text_with_text",
        SUPPORT,
        "      body: We call you within two hours.\n",
        "      text: We call you within two hours.\n",
    ),
    Slip("a_page_with_body", TRIAGE, 'text: "Dropped call', 'body: "Dropped call'),
    Slip("a_page_to_no_contact", TRIAGE, "page: on_call_nurse", "page: on_call_nurses"),
    Slip("a_post_to_no_back_end", SUPPORT, "post: crm/v1/notes", "post: crn/v1/notes"),
    Slip("a_post_to_an_address", SUPPORT, "post: crm/v1/notes", "post: https://crm.example.com/v1/notes"),
    Slip("speech_after_the_call", SUPPORT, "after_call:\n", "after_call:\n  - say: Goodbye.\n"),
    Slip("a_contact_without_a_way", PROJECT, 'on_call_nurse: {sms: "+15550107799"}', 'on_call_nurse: "+15550107799"'),
    Slip(
        "a_contact_with_number",
        PROJECT,
        'on_call_nurse: {sms: "+15550107799"}',
        'on_call_nurse: {number: "+15550107799"}',
    ),
    # tools
    Slip("auth_of_no_kind", VERIFY, "auth: {bearer: CRM_TOKEN}", "auth: {key: CRM_TOKEN}"),
    Slip("auth_as_a_name", VERIFY, "auth: {bearer: CRM_TOKEN}", "auth: CRM_TOKEN"),
    Slip("auth_header_without_secret", VERIFY, "auth: {bearer: CRM_TOKEN}", "auth: {header: X-Key}"),
    Slip("auth_basic_with_one_name", VERIFY, "auth: {bearer: CRM_TOKEN}", "auth: {basic: CRM_TOKEN}"),
    Slip("a_breaker_as_a_number", VERIFY, "breaker: {after: 5, rest: 30s}", "breaker: 5"),
    Slip("a_breaker_mistyped", VERIFY, "breaker: {after: 5, rest: 30s}", "breaker: {after: 5, pause: 30s}"),
    Slip("a_server_of_tools_mistyped", TRIAGE, "mcp: clinics/find", "mcp: clinic/find"),
    Slip("a_server_of_tools_without_its_tool", TRIAGE, "mcp: clinics/find", "mcp: clinics"),
    Slip("a_filler_mistyped", VERIFY, "every: 6s}", "evry: 6s}"),
    Slip(
        "a_filler_without_say",
        VERIFY,
        "filler: {after: 700ms, say: [Let me look that up., Still looking.], every: 6s}",
        "filler: {after: 700ms, every: 6s}",
    ),
    Slip("a_filler_in_seconds_without_a_unit", VERIFY, "every: 6s}", "every: 6}"),
    Slip("needs_as_a_condition", SUPPORT, "needs: known_caller", "needs: known_caller is yes"),
    Slip("two_kinds_of_tool", TRIAGE, "    mcp: clinics/find", "    http: GET crm/v1/clinics\n    mcp: clinics/find"),
    # types of slots
    Slip("a_time_as_it_is_said", TABLES, "from_hour on or after 17:00", "from_hour on or after 5pm"),
    Slip("a_time_compared_with_more", TABLES, "from_hour on or after 17:00", "from_hour >= 17:00"),
    Slip("a_region_by_its_name", TABLES, "region: US", "region: USA"),
    Slip("a_region_as_a_code", TABLES, "region: US", "region: +1"),
    Slip("near_of_no_kind", TABLES, "near: evening", "near: night"),
    Slip("near_of_another_type", TABLES, "near: future", "near: evening"),
    Slip("a_duration_in_hours_alone", TABLES, "stay <= 4 hours", "stay <= 4"),
    Slip("a_duration_by_before", TABLES, "stay <= 4 hours", "stay before 4 hours"),
    Slip("a_list_of_nothing", TABLES, "type: list of choice", "type: list"),
    Slip("a_list_by_another_word", TABLES, "type: list of choice", "type: list of choices"),
    Slip("up_to_at_a_choice", TABLES, "type: list of choice", "type: choice"),
    Slip("an_email_by_keys", TABLES, "mail: {type: email,", "mail: {type: email, accept: keys,"),
    Slip("an_email_with_a_hyphen", TABLES, "type: email", "type: e-mail"),
    Slip("a_type_telephone", TABLES, "type: phone, region", "type: telephone, region"),
    Slip("a_length_of_a_phone", TABLES, "type: phone, region: US", "type: phone, length: 10"),
    Slip("a_form_that_does_not_fit_a_time", TABLES, "{at as time}, with", "{at as money}, with"),
    Slip("a_form_that_does_not_fit_a_list", TABLES, "{extras as list or", "{extras as day or"),
    Slip("a_form_of_another_language", TABLES, "{day as day} at {at", "{day as Tag} at {at"),
    Slip(
        "a_list_compared",
        TABLES,
        "    - call: book",
        '    - if: extras is "window"\n      then: {say: By the window.}\n    - call: book',
    ),
    Slip(
        "has_with_the_wrong_option",
        TABLES,
        "    - call: book",
        '    - if: extras is not empty and extras has "windows"\n      then: {say: By the window.}\n    - call: book',
    ),
    Slip(
        "count_without_of",
        TABLES,
        "    - call: book",
        "    - if: count extras > 1\n      then: {say: Two wishes.}\n    - call: book",
    ),
    # languages and sounds
    Slip("a_language_without_its_country", PROJECT, LANGUAGES, "languages: {default: en-US, also: [es]}"),
    Slip("languages_as_a_list", PROJECT, LANGUAGES, "languages: [en-US, es-US]"),
    Slip("a_language_by_its_name", PROJECT, LANGUAGES, "languages: {default: English}"),
    Slip("a_language_that_the_project_has_not", TRIAGE, "  later: [{end:", "  later: [{language: es-US}, {end:"),
    Slip("words_mistyped", PROJECT, LANGUAGES, f"{LANGUAGES}\nwords: {{en-US: {{goodby: Bye.}}}}"),
    Slip("words_without_a_language", PROJECT, LANGUAGES, f"{LANGUAGES}\nwords: {{goodbye: Bye.}}"),
    Slip(
        "words_with_a_field_of_a_flow",
        PROJECT,
        LANGUAGES,
        f"{LANGUAGES}\nwords: {{en-US: {{goodbye: 'Bye, {{name}}.'}}}}",
    ),
    Slip("a_sound_that_is_not_there", REMINDER, WORD, "{say: {sound: leave_word, text: Please call us.}, after: tone}"),
    Slip("a_sound_without_its_text", REMINDER, WORD, "{say: {sound: leave_word}, after: tone}"),
    # files
    Slip(
        "a_sub_flow_that_is_no_yaml",
        VERIFY,
        "      then: [{grant: known_caller for account}",
        "      then: [[{grant: known_caller for account}",
    ),
    Slip("a_flow_that_is_no_yaml", SUPPORT, "start: welcome\n", "start: welcome: now\n"),
    Slip(
        "a_list_under_a_step_by_indentation",
        SUPPORT,
        "      on: {failed: {goto: message}}\n    - text: caller",
        "      on: {failed: {goto: message}}\n      - text: caller",
    ),
    Slip("a_tab_in_a_list", TABLES, "    - ask: [at, extras]\n", "    - ask: [at, extras]\n\t"),
    Slip("on_beside_its_step", PROJECT, "      on: {done:", "    on: {done:"),
    Slip("on_as_steps", SUPPORT, "        clear: {goto: care_now}", "        - clear: {goto: care_now}"),
    Slip("a_cost_with_a_sign", PROJECT, "model_cost: 0.50", "model_cost: $0.50"),
)
