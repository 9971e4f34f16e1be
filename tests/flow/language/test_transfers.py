"""Handing a caller over: warm, by a queue, by name or by what the caller chose; what is refused at load."""

import pytest

from tests.flow.language.trial import bundle_of, fine, only, plays, told

PROJECT = """\
schema: callflow/1
project: line
zone: America/New_York
entry: {default: line}
hours: {office: {mon-fri: 08:00-18:00}}
targets:
  care: {number: "+15550107788", ring: 25s}
  nurse: {queue: nurses, wait: 3m, most: 20}
  office: {number: "+15550107799", hours: office}
  extension: {sip: "sip:{ext}@pbx.example.com", takes: {ext: {type: digits, length: 4, from: 1100, to: 1199}}}
"""
WARM = """
slots: {reason: {type: text, ask: What is it about?}, account: {type: digits, length: 4, ask: Which account?}}
nodes:
  first: [{ask: reason}, {goto: person}]
  person:
    - transfer: care
      mode: warm
      whisper:
        say: ["{account or 'Somebody'} about {reason}.", {if: account is not empty, say: Known.}]
        accept: {hear: [connect us], key: "1"}
        answer_from: [reason]
        within: 30s
      on: {answered: {goto: bye}, no_answer: [{say: Nobody is free.}, {goto: bye}], failed: {goto: bye}}
  bye: [{end: Thank you. Goodbye.}]
"""
CARE = "answers: {care: {answered: {}}}"


def test_the_attendant_hears_the_whisper_and_takes_the_call() -> None:
    plays(
        WARM,
        """
        - {asks: reason}
        - {caller: a fault, whispers: Somebody about a fault, transfer: care}
        - {attendant: yes connect us please, says: Thank you, end: completed}
        """,
        given=CARE,
        project=PROJECT,
    )


def test_a_call_that_is_back_from_nobody_ends_as_transferred_where_answered_has_no_way() -> None:
    flow = WARM.replace("answered: {goto: bye}, ", "")
    talk = "- {asks: reason}\n- {caller: a fault, whispers: about a fault}\n- {attendant_keys: 1, end: transferred}"
    plays(flow, talk, given=CARE, project=PROJECT)


@pytest.mark.parametrize("turn", ["attendant: no", "attendant_keys: 2"])
def test_an_attendant_who_refuses_is_nobody(turn: str) -> None:
    plays(
        WARM,
        f"- {{asks: reason}}\n- {{caller: a fault, transfer: care}}\n- {{{turn}, says: Nobody is free}}",
        given=CARE,
        project=PROJECT,
    )


def test_an_attendant_may_ask_before_taking_the_call() -> None:
    plays(
        WARM,
        """
        - {asks: reason}
        - {caller: a broken line, whispers: about a broken line}
        - {attendant: what is the reason, whispers: a broken line, never_says: Nobody}
        - {attendant_keys: 7, whispers: about a broken line}
        - {attendant_keys: 1, says: Thank you}
        """,
        given=CARE,
        project=PROJECT,
    )


def test_an_attendant_who_does_not_come_is_nobody() -> None:
    plays(
        WARM,
        "- {asks: reason}\n- {caller: a fault, says: Nobody is free}",
        given="answers: {care: {no_answer: {}}}",
        project=PROJECT,
    )


def test_an_empty_value_is_whispered_as_not_given() -> None:
    flow = WARM.replace("{account or 'Somebody'} about", "Account {account} about")
    talk = '- {asks: reason}\n- {caller: a fault, whispers: "Account not given about a fault."}'
    plays(flow, talk + "\n- {attendant_keys: 1}", given=CARE, project=PROJECT)


def test_what_stands_under_if_is_whispered_only_while_it_holds() -> None:
    flow = WARM.replace("[{ask: reason}, {goto: person}]", "[{ask: [reason, account]}, {goto: person}]")
    talk = """
        - {asks: reason}
        - {caller: a fault, asks: account}
        - {keys: 1234, whispers: 1234 about a fault. Known.}
        - {attendant_keys: 1}
        """
    plays(flow, talk, given=CARE, project=PROJECT)


QUEUE = """
nodes:
  first:
    - transfer: nurse
      priority: high
      while_waiting:
        music: hold
        every: {time: 45s, say: "You are number {position} in the line."}
        options:
          later: {hear: [call me back], key: "1", goto: later}
          long: {hear: [how long], key: "2", do: {say: Not long.}}
      on: {answered: {goto: bye}, no_answer: {goto: nobody}, busy: {goto: full}, failed: {goto: nobody}}
  later: [{end: We will call you.}]
  nobody: [{end: Nobody came.}]
  full: [{end: Too many are waiting.}]
  bye: [{end: Goodbye.}]
"""


def test_who_waits_in_a_queue_hears_the_place_and_keeps_it() -> None:
    plays(
        QUEUE,
        """
        - {transfer: nurse}
        - {silence: 46s, says: You are number 3 in the line}
        - {caller: how long, says: Not long}
        - {caller: are you still there mum, never_says: catch}
        - {silence: 45s, says: You are number 3}
        - {silence: yes, says: Nobody came, end: completed}
        """,
        given="answers: {nurse: {no_answer: {position: 3}}}",
        project=PROJECT,
    )


@pytest.mark.parametrize("act", ["keys: 1", "caller: please call me back"])
def test_an_option_that_leads_away_gives_the_place_up(act: str) -> None:
    talk = f"- {{transfer: nurse}}\n- {{{act}, says: We will call you, end: completed}}"
    plays(QUEUE, talk, given="answers: {nurse: {answered: {}, after: 2m}}", project=PROJECT)


SUB = """\
schema: callflow/1
flow: sub
outcomes: {done: []}
start: first
slots: {sure: {type: yes_no, ask: Are you sure?}}
nodes:
  first: [{ask: sure}, {return: done}]
"""


@pytest.mark.parametrize(
    "talk",
    [
        "- {transfer: nurse}\n- {keys: 2, asks: sure}\n- {keys: 1, says: I see}\n- {silence: yes, says: Nobody came}",
        "- {transfer: nurse}\n- {keys: 2, asks: sure}\n" + "- {silence: yes}\n" * 2 + "- {silence: yes, says: Nobody}",
        "- {transfer: nurse}\n- {keys: 2, asks: sure}\n- {hangup: yes, end: caller_left}",
    ],
    ids=["it comes back", "the wait is over meanwhile", "hung up in it"],
)
def test_an_option_may_run_another_flow(talk: str) -> None:
    option = "do: {run: sub, on: {done: {say: I see.}}}"
    rungs = "trouble: {no_input: [{say: Hm.}, {say: Hm.}, {say: Hm.}, {say: Hm.}, {end: Bye.}]}\n"
    sub = SUB + rungs
    flow = QUEUE.replace("do: {say: Not long.}", option)
    given = "answers: {nurse: {no_answer: {}, after: 15s}}"
    plays(flow, talk, given=given, project=PROJECT, more={"sub.flow.yaml": sub})


def test_a_full_queue_is_busy_and_an_attendant_comes_in_the_end() -> None:
    plays(
        QUEUE,
        "- {transfer: nurse}\n- {silence: yes, says: Too many are waiting}",
        given="answers: {nurse: {busy: {}}}",
        project=PROJECT,
    )
    plays(
        QUEUE,
        "- {transfer: nurse}\n- {silence: yes, says: Goodbye, end: completed}",
        given="answers: {nurse: {answered: {}, after: 2m}}",
        project=PROJECT,
    )


def test_a_caller_who_hangs_up_in_the_queue_has_left() -> None:
    flow = QUEUE.replace("failed: {goto: nobody}}", "failed: {goto: nobody}, caller_left: {set: {gone: yes}}}")
    flow = "vars: {gone: {type: yes_no, value: no}}\non_hangup: [{set: {other: yes}}]\n" + flow
    flow = flow.replace("vars: {gone", "vars: {other: {type: yes_no, value: no}, gone")
    talk = "- {transfer: nurse}\n- {hangup: yes, end: caller_left, slot: {gone: yes, other: no}}"
    plays(flow, talk, given="answers: {nurse: {no_answer: {}}}", project=PROJECT)


OFFICE = """
nodes:
  first:
    - transfer: office
      on: {no_answer: {goto: bye}, failed: {goto: bye}, closed: [{say: We are closed.}, {goto: bye}]}
  bye: [{end: Goodbye.}]
"""


def test_outside_its_hours_a_target_is_closed_and_nobody_is_called() -> None:
    closed = "- {says: We are closed, never_transfer: any, end: completed}"
    plays(OFFICE, closed, given="time: 2026-03-02 19:00, answers: {office: {answered: {}}}", project=PROJECT)
    plays(
        OFFICE,
        "- {transfer: office}",
        given="time: 2026-03-02 10:00, answers: {office: {no_answer: {}}}",
        project=PROJECT,
    )


def test_closed_has_to_be_routed_only_where_a_target_has_hours() -> None:
    unrouted = OFFICE.replace(", closed: [{say: We are closed.}, {goto: bye}]", "")
    assert '"closed"' in only(unrouted, "IVR108 <transfer>", PROJECT)
    other = OFFICE.replace("transfer: office", "transfer: care")
    only(other, "IVR109 <closed>", PROJECT)


EXTENSION = """
slots: {ext: {type: digits, length: 4, ask: Which extension?}}
nodes:
  first: [{ask: ext}, {transfer: extension, on: {no_answer: {goto: bye}, failed: [{say: There is none.}, {goto: bye}]}}]
  bye: [{end: Goodbye.}]
"""


def test_only_a_value_that_the_target_takes_gets_into_its_address() -> None:
    given = "answers: {extension: {no_answer: {}}}"
    plays(EXTENSION, "- {asks: ext}\n- {keys: 1107, transfer: extension}", given=given, project=PROJECT)
    wrong = "- {asks: ext}\n- {keys: 1207, says: There is none, never_transfer: any}"
    plays(EXTENSION, wrong, given=given, project=PROJECT)


PARTNER = """
slots:
  partner:
    type: choice
    ask: Whom?
    options: {care: {hear: [care], key: "1"}, office: {hear: [the office], key: "2"}}
nodes:
  first:
    - ask: partner
    - {transfer: "{partner}", on: {no_answer: {goto: bye}, failed: {goto: bye}, closed: {goto: bye}}}
  bye: [{end: Goodbye.}]
"""


def test_the_caller_chooses_among_targets() -> None:
    given = "time: 2026-03-02 10:00, answers: {office: {no_answer: {}}}"
    plays(PARTNER, "- {asks: partner}\n- {keys: 2, transfer: office}", given=given, project=PROJECT)
    stranger = PARTNER.replace("office: {hear: [the office]", "nobody: {hear: [the office]")
    assert only(stranger, "IVR405", PROJECT)
    free = 'slots: {it: {type: text, ask: Whom?}}\nnodes:\n  first: [{ask: it}, {transfer: "{it}", ON}]\n'
    free = free.replace("ON", "on: {no_answer: {end: Bye.}, failed: {end: Bye.}}")
    only(free, 'IVR405 <"{it}">', PROJECT)


def target(written: str, more: str = "") -> str:
    head = "schema: callflow/1\nproject: line\nzone: Etc/UTC\nentry: {default: line}\n"
    return f"{head}targets: {{care: {written}}}\n{more}"


END = "nodes:\n  first: [{end: Goodbye.}]\n"


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ('{number: "+1555"}', "IVR105"),
        ('{number: "+155501077"}', "IVR401 <"),
        ('{number: "+19005551234"}', "IVR402 <"),
        ('{number: "+881612345678"}', "IVR402 <"),
        ('{number: "+979123456789"}', "IVR402 <"),
        ('{number: "+18765551234"}', "IVR403 <"),
        ('{number: "+442071838750"}', "IVR403 <"),
        ('{number: "+15550107788", queue: care}', "IVR106 <queue>"),
        ("{queue: care, ring: 5s}", "IVR106 <ring>"),
        ('{sip: "sip:a@b", wait: 5m}', "IVR106 <wait>"),
        ("{queue: care, hours: ofice}", "IVR216 <ofice>"),
        ('{sip: "sip:{ext}@pbx"}', "IVR404 <ext>"),
        ('{sip: "sip:a@pbx", takes: {ext: digits}}', "IVR404 <"),
        ('{number: "+15550107788", takes: {ext: digits}}', "IVR404 <care>"),
    ],
)
def test_a_target_nobody_can_or_may_be_handed_to(written: str, start: str) -> None:
    only(END, start, target(written))


def test_other_countries_are_allowed_by_name() -> None:
    number = '{number: "+442071838750"}'
    fine(END, target(number, "dialling: {countries: [US, GB]}\n"))
    fine(END, target(number).replace("{default: line}", '{default: line, "+442071838750": line}'))
    only(END, "IVR105 <UK>", target('{number: "+15550107788"}', "dialling: {countries: [US, UK]}\n"))


ROUTES = "on: {no_answer: {goto: bye}, failed: {goto: bye}}"


@pytest.mark.parametrize(
    ("step", "start"),
    [
        (f"{{transfer: care, whisper: Hello., {ROUTES}}}", "IVR406 <whisper>"),
        (f"{{transfer: care, while_waiting: {{music: piano}}, {ROUTES}}}", "IVR406 <while_waiting>"),
        (f"{{transfer: care, priority: high, {ROUTES}}}", "IVR406 <priority>"),
        (f"{{transfer: nurse, priority: urgent, {ROUTES}}}", "IVR105 <urgent>"),
        (f"{{transfer: care, with: {{ext: '1'}}, {ROUTES}}}", "IVR404 <with>"),
        (f"{{transfer: care, data: {{a: b}}, {ROUTES}}}", "warning IVR407 <data>"),
        (f"{{transfer: care, mode: warm, whisper: {{say: Hi., accept: {{}}}}, {ROUTES}}}", "IVR104"),
        (f"{{transfer: nurse, while_waiting: {{every: {{time: 9s, say: '{{place}}'}}}}, {ROUTES}}}", "IVR206 <place>"),
        ("{transfer: nobody, on: {no_answer: {goto: bye}, failed: {goto: bye}}}", "IVR110 <nobody>"),
        ("{transfer: care, on: {no_answer: {goto: bye}}}", "IVR108 <transfer>"),
    ],
)
def test_a_transfer_that_is_written_wrongly(step: str, start: str) -> None:
    only(f"nodes:\n  first: [{step}]\n  bye: [{{end: Goodbye.}}]\n", start, PROJECT)


MAIL = """
slots: {again: {type: yes_no, ask: Once more?}}
nodes:
  first:
    - record: voice_mail
      say: Please leave a message after the tone.
      max: 30s
      ends: {silence: 4s, key: "#"}
      on: {ON}
  bye: [{end: Goodbye.}]
  nothing: [{end: You said nothing.}]
  typed: [{end: You pressed a key.}]
  full: [{end: That was long.}]
"""
DONE = "{done: {goto: bye}, failed: {goto: bye}}"
EACH = "{done: {goto: bye}, failed: {goto: bye}, empty: {goto: nothing}, key: {goto: typed}, full: {goto: full}}"


def test_what_the_caller_says_is_the_message() -> None:
    talk = "- {says: after the tone}\n- {caller: Call me back please., sends: {record: voice_mail}, says: Goodbye}"
    plays(MAIL.replace("ON", DONE[1:-1]), talk)


@pytest.mark.parametrize(
    ("talk", "on"),
    [
        ("- {caller: Call me.}\n- {keys: '#', sends: {record: voice_mail}, says: You pressed a key}", EACH),
        ("- {keys: '#', says: You said nothing}", EACH),
        ("- {silence: yes, says: You said nothing}", EACH),
        ("- {silence: yes, says: Goodbye}", DONE),
        ("- {caller: Call me.}\n- {hangup: yes, end: caller_left}", EACH),
    ],
)
def test_how_a_message_ends(talk: str, on: str) -> None:
    plays(MAIL.replace("ON", on[1:-1]), talk)


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        ("key", "{says: You pressed a key, sends: {record: voice_mail}}"),
        ("full", "{says: That was long, sends: {record: voice_mail}}"),
        ("silence", "{says: Goodbye, sends: {record: voice_mail}}"),
        ("done", "{says: Goodbye, sends: {record: voice_mail}}"),
        ("empty", "{says: You said nothing}"),
        ("failed", "{says: Goodbye}"),
        ("caller_left", "{sends: {record: voice_mail}, end: caller_left}"),
    ],
)
def test_how_a_message_ends_may_be_given(answer: str, then: str) -> None:
    plays(MAIL.replace("ON", EACH[1:-1]), f"- {then}", given=f"answers: {{voice_mail: {answer}}}")
    if answer not in ("empty", "failed"):
        said = then.replace("{", "{caller: Call me back please., ", 1)
        given = f"answers: {{voice_mail: {{{answer}: {{}}, after: 9s}}}}"
        plays(MAIL.replace("ON", EACH[1:-1]), f"- {{says: tone}}\n- {said}", given=given)


BOTH = """
nodes:
  first:
    - {callback: care, to: caller, within: 2h, on: {failed: [{say: It was not booked.}]}}
    - transfer: care
      on: {no_answer: [{end: Nobody is free.}], failed: [{end: It failed.}]}
"""


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("{care callback: failed, care: no_answer}", "[It was not booked, Nobody is free]"),
        ("{care callback: booked, care: failed}", "It failed"),
        ("{care: failed}", "[It was not booked, It failed]"),
        ("{care: no_answer}", "Nobody is free"),
    ],
)
def test_a_target_and_its_callback_answer_apart(answers: str, says: str) -> None:
    given = f'from: "+15550107711", answers: {answers}'
    plays(BOTH, f"- {{says: {says}}}", given=given, project=PROJECT)


def test_a_callback_that_nobody_books_has_no_answer() -> None:
    with pytest.raises(AssertionError, match='There is no callback of a target "nurse" here'):
        plays(BOTH, "- {says: Nobody}", given="answers: {nurse callback: failed, care: no_answer}", project=PROJECT)
    with pytest.raises(AssertionError, match='There is no result "busy" here'):
        plays(BOTH, "- {says: Nobody}", given="answers: {care callback: busy, care: no_answer}", project=PROJECT)


def test_a_message_that_is_full() -> None:
    words = " ".join(["and then I said to him"] * 40)
    plays(MAIL.replace("ON", EACH[1:-1]), f"- {{says: tone}}\n- {{caller: {words}, says: That was long}}")


def test_a_message_that_is_written_wrongly() -> None:
    flow = MAIL.replace("ON", DONE[1:-1])
    assert "IVR108" in " ".join(told(flow.replace(", failed: {goto: bye}", "")))
    only(flow.replace("max: 30s", "max: 3s"), "IVR409 <4s>")
    only(flow.replace("max: 30s", "send_to: desk"), "IVR110 <desk>")
    bundle_of(flow.replace("max: 30s", "trim: yes"))


NOTICE = "This call is listened to and kept for three years, so that we may learn from it."
NOTICED = f"""
nodes:
  first:
    - {{say: "{NOTICE}", interrupt: INTERRUPT}}
    - transfer: care
      mode: warm
      on: {{answered: [{{end: Back again.}}], no_answer: [{{end: Nobody is free.}}], failed: [{{end: Failed.}}]}}
"""


@pytest.mark.parametrize(("answer", "after"), [("answered", "Back again"), ("busy", "Nobody is free")])
def test_what_must_be_heard_is_heard_before_an_attendant_has_the_call(answer: str, after: str) -> None:
    given = f"answers: {{care: {{{answer}: {{}}, after: 200ms}}}}"
    plays(NOTICED.replace("INTERRUPT", "no"), f'- {{says: ["{NOTICE}", {after}]}}', given=given, project=PROJECT)
    cut = f'- {{says: {after}, never_says: "{NOTICE[-20:]}"}}'
    plays(NOTICED.replace("INTERRUPT", "any"), cut, given=given, project=PROJECT)
