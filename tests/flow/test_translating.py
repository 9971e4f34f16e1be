"""ivr fmt --language: what a language lacks is written into its file, once, and what is there stays."""

import pytest

from ivr.flow.formatting import CannotFormat
from ivr.flow.loader.translations import Missing
from ivr.flow.translating import with_missing
from tests.flow.language.test_languages import FLOW, SPANISH, SPEAKS
from tests.flow.language.trial import load

ASKED = "Is it about your bill or a fault?"


def missing_of(spanish: str | None) -> tuple[Missing, ...]:
    return load(FLOW, SPEAKS, more={} if spanish is None else {"prompts/es-US.yaml": spanish}).missing


def test_a_first_file_has_all_there_is_to_say() -> None:
    made, added = with_missing(None, "es-US", missing_of(None))
    assert added == 8
    assert made.startswith("schema: callprompts/1\nlanguage: es-US\n")
    assert f'  - text: {ASKED}\n    is: ""\n' in made
    assert '  - text: "{amount} for your {reason}. Goodbye."\n    is: ""\n' in made
    assert "  - hear: reason.bill\n    is: []\n" in made
    assert made.count("project:") == made.count("line:") == 1
    assert with_missing(made, "es-US", missing_of(made)) == (made, 0)


def test_filled_in_it_is_whole() -> None:
    made, _ = with_missing(None, "es-US", missing_of(None))
    for text, words in (('"{amount} for your {reason}. Goodbye."', '"{amount}, {reason}. Adiós."'), ("", "Sí.")):
        made = made.replace(f'{text}\n    is: ""', f"{text}\n    is: {words}") if text else made.replace('""', words)
    made = made.replace("is: []", "is: [algo]")
    loaded = load(FLOW, SPEAKS, more={"prompts/es-US.yaml": made})
    assert loaded.bundle is not None and not loaded.missing, list(map(str, loaded.messages))


def test_what_is_there_stays_with_its_comments() -> None:
    text = SPANISH.replace("line:\n", "# by Ana\nline:\n") + "# the end\n"
    text = text.replace(f'  - {{text: {ASKED}, is: "¿Es por su factura o por una avería?"}}\n', "")
    made, added = with_missing(text, "es-US", missing_of(text))
    assert added == 1
    assert made.rstrip().endswith(f'  - text: {ASKED}\n    is: ""\n# the end')
    assert "# by Ana" in made and "is: ¿Cuánto?" in made


def test_a_file_with_mistakes_is_left() -> None:
    with pytest.raises(CannotFormat):
        with_missing("schema: [", "es-US", ())
