"""Two languages on one line: what is said, what is missing, and how callers change over."""

from dataclasses import replace

from ivr.flow.state import SayEffect, Send
from tests.flow.language.trial import PROJECT, bundle_of, load, plays, told
from tests.flow.phone import Line, talk

SPEAKS = (
    PROJECT
    + """languages: {default: en-US, also: [es-US]}
commands:
  operator: {hear: [a person], key: "0", goto: person}
  language: {hear: [español, English], key: "9"}
nodes:
  person: [{end: "A person will help you."}]
"""
)
FLOW = """
slots:
  reason:
    type: choice
    options: {bill: {hear: [bill], key: "1"}, fault: {hear: [fault], key: "2"}}
    ask: Is it about your bill or a fault?
  amount: {type: money, ask: How much?, confirm: always, must: {be: amount < 100, else: That is too much.}}
nodes:
  first:
    - say: Welcome to Harbour.
    - ask: [reason, amount]
    - end: "{amount} for your {reason}. Goodbye."
"""
SPANISH = """\
schema: callprompts/1
language: es-US
project: [{text: A person will help you., is: Le atenderá una persona.}]
line:
  - {text: Welcome to Harbour., is: Bienvenido a Harbour.}
  - {text: Is it about your bill or a fault?, is: "¿Es por su factura o por una avería?"}
  - {text: How much?, is: "¿Cuánto?"}
  - {text: That is too much., is: Es demasiado.}
  - {text: "{amount} for your {reason}. Goodbye.", is: "{amount} por su {reason}. Adiós."}
  - {hear: reason.bill, is: [factura, saldo]}
  - {hear: reason.fault, is: [avería]}
"""
MORE = {"prompts/es-US.yaml": SPANISH}


def test_it_loads_without_a_word() -> None:
    loaded = load(FLOW, SPEAKS, more=MORE)
    assert not loaded.messages, list(map(str, loaded.messages))


def test_from_nine_on_everything_is_spanish() -> None:
    plays(
        FLOW,
        """
        - {says: Welcome to Harbour. Is it about your bill, asks: reason}
        - {keys: 9, says: "¿Es por su factura o por una avería?", asks: reason}
        - {silence: yes, says: Disculpe, asks: reason}
        - {silence: yes, says: Oprima 1 para factura o 2 para avería, asks: reason}
        - {keys: 1, says: "¿Cuánto?", asks: amount}
        - {keys: 250#, says: Es demasiado, asks: amount}
        - {keys: 42#, says: "cuarenta y dos dólares. Si es correcto, oprima 1; si no, oprima 2", reads_back: 42}
        - {keys: 8, says: "Si es correcto, oprima 1; si no, oprima 2", never_says: Diga, reads_back: 42}
        - {keys: 1, says: por su factura. Adiós, never_says: bill, end: completed}
        """,
        project=SPEAKS,
        more=MORE,
    )


def test_and_back_to_english_which_is_heard_again() -> None:
    plays(
        FLOW,
        """
        - {asks: reason}
        - {caller: español, says: "¿Es por", asks: reason}
        - {keys: 9, says: Is it about your bill, asks: reason}
        - {caller: my bill, says: How much, asks: amount}
        - {keys: 0}
        """,
        project=SPEAKS,
        more=MORE,
    )


def test_a_step_and_an_option_change_over() -> None:
    flow = FLOW.replace(
        "    - say: Welcome to Harbour.\n",
        "    - menu: English or Spanish?\n      options:\n"
        "        english: {hear: [English], key: '1', do: [{say: Welcome to Harbour.}]}\n"
        "        spanish: {hear: [Spanish], key: '2', language: es-US, do: [{say: Welcome to Harbour.}]}\n",
    )
    spanish = SPANISH + (
        '  - {text: English or Spanish?, is: "¿Inglés o español?"}\n'
        "  - {hear: first.english, is: [inglés]}\n  - {hear: first.spanish, is: [español]}\n"
    )
    plays(
        flow,
        """
        - {says: English or Spanish, asks: first}
        - {caller: Spanish, says: Bienvenido a Harbour. ¿Es por su factura, asks: reason}
        """,
        project=SPEAKS,
        more={"prompts/es-US.yaml": spanish},
    )


def test_what_is_missing_and_what_is_too_much() -> None:
    def found(spanish: str, flow: str = FLOW, project: str = SPEAKS) -> list[str]:
        return told(flow, project, more={"prompts/es-US.yaml": spanish})

    missing = SPANISH.replace('  - {text: How much?, is: "¿Cuánto?"}\n', "")
    (line,) = found(missing)
    assert line.startswith("IVR321 <How much?> This has no translation") and "ivr fmt --language es-US" in line
    changed = found(SPANISH, FLOW.replace("bill or a fault?", "bill or about a fault?"))
    assert sorted(line.split()[0] for line in changed) == ["IVR321", "warning"], changed
    assert any("IVR322" in line and 'changed to "Is it about your bill or about a fault?"' in line for line in changed)
    (line,) = found(SPANISH.replace("{amount} por su {reason}", "{amount} por su factura"))
    assert line.startswith("IVR323") and "lacks {reason}" in line
    (line,) = found(SPANISH.replace("line:", "lien:"))
    assert line.startswith('IVR115 <lien> There is no flow "lien". Did you mean "line"'), line
    assert told(FLOW, SPEAKS)[0].startswith("IVR321 <es-US> There is no prompts/es-US.yaml.")
    assert found(SPANISH.replace("language: es-US", "language: es-MX"))[0].startswith("IVR105 <es-MX>")
    named = FLOW.replace("type: money, ask: How much?, confirm: always,", "type: text, ask: How much?,").replace(
        " must: {be: amount < 100, else: That is too much.}", ""
    )
    assert any("IVR320 <amount>" in line for line in found(SPANISH, named))


def test_a_language_without_words_or_a_voice_of_ours() -> None:
    lines = told(FLOW, SPEAKS.replace("es-US", "pl-PL"), more={"prompts/pl-PL.yaml": SPANISH.replace("es-US", "pl-PL")})
    assert any(line.startswith("IVR321") and "no sentences of its own in pl-PL" in line for line in lines), lines
    assert any("IVR324 <pl-PL>" in line for line in lines), lines


RECORDED = FLOW.replace("say: Welcome to Harbour.", "say: {sound: welcome, text: Welcome to Harbour.}")
SOUNDS = {**MORE, "sounds/welcome.wav": "a sum"}


def test_recorded_prompts_are_read_by_their_text() -> None:
    plays(RECORDED, "- {says: Welcome to Harbour. Is it about, asks: reason}", project=SPEAKS, more=SOUNDS)
    (line,) = told(RECORDED.replace("sound: welcome", "sound: welcme"), SPEAKS, more=SOUNDS)
    assert line.startswith('IVR325 <welcme> There is no recorded prompt "welcme". Did you mean "welcome"'), line
    (line,) = told(RECORDED, SPEAKS, more=MORE)
    assert "Put it there: sounds/en-US/welcome.wav" in line
    fields = RECORDED.replace("text: Welcome to Harbour.", "text: \"Welcome, {call.from or 'you'}.\"")
    assert any("IVR325" in line and "no fields" in line for line in told(fields, SPEAKS, more=SOUNDS))


def test_a_recording_for_each_language_or_else_its_voice() -> None:
    english = {**MORE, "sounds/en-US/welcome.wav": "a sum"}
    (line,) = told(RECORDED, SPEAKS, more=english)
    assert line.startswith("warning IVR325 <welcome>") and "sounds/es-US/welcome.wav" in line
    assert _said(RECORDED, "es-US", english) == [("Bienvenido a Harbour.", None)]
    both = {**english, "sounds/es-US/welcome.wav": "another sum"}
    assert told(RECORDED, SPEAKS, more=both) == []
    assert _said(RECORDED, "es-US", both) == [("Bienvenido a Harbour.", "welcome")]
    assert _said(RECORDED, "en-US", both) == [("Welcome to Harbour.", "welcome")]


def _said(flow: str, language: str, more: dict[str, str]) -> list[tuple[str, str | None]]:
    """What a call that begins in this language hears first, and which recordings are played for it."""
    call = Line(bundle_of(flow, SPEAKS, more=more), "line")
    call.state = replace(call.state, language=language)
    call.begins()
    says = [effect for effect in call.effects if isinstance(effect, SayEffect)]
    assert all(say.language == language for say in says)
    return [(say.text, say.sound) for say in says][:1]


def test_recordings_stand_among_spoken_words() -> None:
    flow = """
    slots:
      pin: {type: digits, length: 4, ask: {sound: your_pin, text: Please type your PIN.}}
    nodes:
      first:
        - say: {one_of: [{sound: hello, text: Hello.}, Good day.]}
        - ask: pin
        - end: Goodbye.
    """
    sounds = {"sounds/hello.wav": "a sum", "sounds/your_pin.wav": "a sum"}
    call = Line(bundle_of(flow, more=sounds), "line").begins()

    def heard() -> list[tuple[str, str | None]]:
        return [(say.text, say.sound) for say in call.effects if isinstance(say, SayEffect)]

    assert heard() == [("Hello.", "hello"), ("Please type your PIN.", "your_pin")]
    call.silence()
    assert heard() == [("Sorry, I didn't hear you.", None), ("Please type your PIN.", "your_pin")]
    call.hears("say that again")
    assert heard()[-1] == ("Please type your PIN.", "your_pin")
    other = Line(bundle_of(flow, more=sounds), "line", seed=1).begins()
    assert "Good day." in other.says


def test_an_option_of_a_slot_changes_over() -> None:
    flow = """
    slots:
      tongue:
        type: choice
        options:
          english: {hear: [the first], key: "1", language: en-US, say: English}
          spanish: {hear: [the second], key: "2", language: es-US, say: Spanish}
        confirm: always
        ask: English or Spanish?
    nodes:
      first: [{ask: tongue}, {end: Goodbye then.}]
    """
    spanish = (
        "schema: callprompts/1\nlanguage: es-US\nproject: [{text: A person will help you., is: Le atenderá alguien.}]\n"
        "line:\n  - {text: English or Spanish?, is: '¿Inglés o español?'}\n  - {text: English, is: inglés}\n"
        "  - {text: Spanish, is: español}\n  - {text: Goodbye then., is: Adiós.}\n"
    )
    more = {"prompts/es-US.yaml": spanish}
    assert told(flow, SPEAKS, more=more) == []
    plays(
        flow,
        """
        - {keys: 2, says: I have Spanish. Is that right?, reads_back: spanish}
        - {keys: 1, says: Adiós, end: completed}
        """,
        project=SPEAKS,
        more=more,
    )
    (line,) = told(flow.replace("language: es-US", "language: fr-FR"), SPEAKS, more=more)
    assert line.startswith('IVR110 <fr-FR> There is no language "fr-FR" in this project')


def test_an_option_is_called_something_in_each_language() -> None:
    lacks = SPANISH.replace("  - {hear: reason.fault, is: [avería]}\n", "")
    (line,) = told(FLOW, SPEAKS, more={"prompts/es-US.yaml": lacks})
    assert line.startswith('IVR321 <fault> "fault" has no words in es-US'), line
    assert "{hear: reason.fault, is: [...]}" in line
    said = FLOW.replace('{hear: [fault], key: "2"}', '{hear: [fault], key: "2", say: a fault}')
    (line,) = told(said, SPEAKS, more={"prompts/es-US.yaml": lacks})
    assert line.startswith("IVR321 <a fault>"), line
    both = lacks + "  - {text: a fault, is: una avería}\n"
    plays(
        said,
        "- {keys: 9}\n- {silence: yes}\n- {silence: yes, says: 1 para factura o 2 para una avería}",
        project=SPEAKS,
        more={"prompts/es-US.yaml": both},
    )


ABROAD = PROJECT + "languages: {default: es-US, also: [en-US]}\ncommands: {language: {hear: [English], key: '9'}}\n"
SPANISH_FIRST = """
slots:
  reason:
    type: choice
    options: {bill: {hear: [factura], key: "1"}, fault: {hear: [avería], key: "2"}}
    ask: ¿Es por su factura o por una avería?
  day: {type: date, ask: ¿Qué día?}
nodes:
  first: [{ask: [reason, day]}, {end: "Adiós, {day}."}]
"""
ENGLISH = """\
schema: callprompts/1
language: en-US
project: [{hear: language, is: [español]}]
line:
  - {text: ¿Es por su factura o por una avería?, is: Is it about your bill or a fault?}
  - {text: "¿Qué día?", is: Which day?}
  - {text: "Adiós, {day}.", is: "Goodbye, {day}."}
  - {hear: reason.bill, is: [bill]}
  - {hear: reason.fault, is: [fault]}
"""


def test_a_further_language_that_is_understood_has_words_of_its_own() -> None:
    plays(
        SPANISH_FIRST,
        """
        - {says: "¿Es por su factura", asks: reason}
        - {keys: 9, says: Is it about your bill, asks: reason}
        - {caller: a fault, says: Which day, asks: day}
        - {caller: español, says: "¿Qué día?", asks: day}
        - {keys: 12242026, says: Adiós, end: completed}
        """,
        project=ABROAD,
        more={"prompts/en-US.yaml": ENGLISH},
    )
    lacks = ENGLISH.replace("project: [{hear: language, is: [español]}]\n", "")
    (line,) = told(SPANISH_FIRST, ABROAD, more={"prompts/en-US.yaml": lacks})
    assert line.startswith('IVR321 <language> "language" has no words in en-US'), line


def test_days_are_typed_as_they_are_written_there() -> None:
    for language, order in (("en-US", "mmddyyyy"), ("es-US", "mmddyyyy"), ("en-GB", "ddmmyyyy"), ("es-MX", "ddmmyyyy")):
        project = PROJECT + f"languages: {{default: {language}}}\ndialling: {{countries: [US]}}\n"
        assert bundle_of(SPANISH_FIRST, project).flows["line"].slots["day"].key_order == order
    written = SPANISH_FIRST.replace("{type: date,", "{type: date, keys: {order: yyyymmdd},")
    assert bundle_of(written).flows["line"].slots["day"].key_order == "yyyymmdd"


def test_attendants_are_told_in_the_projects_own_language() -> None:
    flow = FLOW.replace(
        '    - end: "{amount} for your {reason}. Goodbye."',
        "    - transfer: care\n      mode: warm\n      whisper: 'A {reason} of {amount}.'\n"
        "      on: {no_answer: {end: Goodbye then.}, failed: {end: Goodbye then.}}",
    )
    spanish = SPANISH.replace('"{amount} for your {reason}. Goodbye."', "Goodbye then.").replace(
        '"{amount} por su {reason}. Adiós."', "Adiós."
    )
    plays(
        flow,
        """
        - {keys: 9}
        - {keys: 1}
        - {keys: 42#}
        - {keys: 1, transfer: care, whispers: A bill of forty two dollars}
        """,
        given="answers: {care: answered}",
        project=SPEAKS,
        more={"prompts/es-US.yaml": spanish},
    )


def test_a_text_message_reads_as_the_caller_speaks() -> None:
    flow = FLOW.replace(
        '    - end: "{amount} for your {reason}. Goodbye."',
        "    - text: caller\n      body: 'Your {reason}: {amount}'\n    - end: Goodbye then.",
    )
    spanish = SPANISH.replace('"{amount} for your {reason}. Goodbye."', "'Your {reason}: {amount}'").replace(
        '"{amount} por su {reason}. Adiós."', "'Su {reason}: {amount}'"
    )
    more = {"prompts/es-US.yaml": spanish + "  - {text: Goodbye then., is: Adiós.}\n"}
    call = Line(bundle_of(flow, SPEAKS, more=more), "line").begins()
    talk(call, ["#9", "#1", "#42", "#1"])
    (sent,) = [effect for effect in call.everything if isinstance(effect, Send)]
    assert sent.text == "Su factura: USD 42.00" or sent.text.startswith("Su factura: "), sent.text
    assert call.says == "Adiós."


def test_an_agent_understands_nobody_without_a_recogniser() -> None:
    flow = FLOW.replace(
        "    - say: Welcome to Harbour.\n",
        "    - say: Welcome to Harbour.\n    - agent: helper\n      goal: Help.\n      exits: {done: {goto: first}}\n"
        "      on: {limit: {goto: first}, model_down: {goto: first}, blocked: {goto: first}}\n",
    )
    lines = [line for line in told(flow, SPEAKS, more=MORE) if "IVR320" in line]
    assert len(lines) == 1 and lines[0].startswith('warning IVR320 <agent> "helper" talks with callers'), lines


def test_of_several_languages_the_one_that_is_named() -> None:
    flow = """
    slots: {ready: {type: yes_no, ask: Are you ready?}}
    nodes: {first: [{ask: ready}, {end: Goodbye.}]}
    """
    project = PROJECT + (
        "languages: {default: en-US, also: [es-US, en-GB, en-AU, es-MX]}\n"
        "commands: {language: {hear: [español, English, other], key: '9'}}\n"
    )
    more = {
        f"prompts/{language}.yaml": f"schema: callprompts/1\nlanguage: {language}\n"
        "project: [{hear: language, is: [español, English, other]}]\n"
        f"line: [{{text: Are you ready?, is: {language}?}}, {{text: Goodbye., is: Bye.}}]\n"
        for language in ("es-US", "en-GB", "en-AU", "es-MX")
    }
    call = Line(bundle_of(flow, project, more=more), "line").begins()
    call.hears("español")
    assert call.says == "es-US?"
    talk(call, ["#9"])
    assert call.says == "en-GB?"
    call.hears("other")
    assert call.says == "en-AU?"
    call.hears("English")
    assert call.says == "Are you ready?"
