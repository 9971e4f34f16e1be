"""Two languages on one line: what is said, what is missing, and how callers change over."""

from tests.flow.language.trial import PROJECT, load, plays, told

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
        - {keys: 42#, says: cuarenta y dos, reads_back: 42}
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


def test_recorded_prompts() -> None:
    flow = FLOW.replace("say: Welcome to Harbour.", "say: {sound: welcome, text: Welcome to Harbour.}")
    sounds = {**MORE, "sounds/en-US/welcome.wav": "a sum"}
    plays(flow, "- {says: Welcome to Harbour. Is it about, asks: reason}", project=SPEAKS, more=sounds)
    (line,) = told(flow.replace("sound: welcome", "sound: welcme"), SPEAKS, more=sounds)
    assert line.startswith('IVR325 <welcme> There is no recorded prompt "welcme". Did you mean "welcome"'), line
    (line,) = told(flow, SPEAKS, more=MORE)
    assert "Put it there: sounds/en-US/welcome.wav" in line
    fields = flow.replace("text: Welcome to Harbour.", "text: \"Welcome, {call.from or 'you'}.\"")
    assert any("IVR325" in line and "no fields" in line for line in told(fields, SPEAKS, more=sounds))
