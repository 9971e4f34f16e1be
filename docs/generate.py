"""Writes the pages of reference that are made from the program itself: `python docs/generate.py`.

`flow-reference.md` from the shapes of operators' files, `codes.md` from the loader's messages, `settings.md` from the
settings. A key, word or setting without an explanation here is an error, so that nothing new stays undocumented.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivr.flow import commands, sentences
from ivr.flow.codes import CODES, FAMILIES, WARNINGS
from ivr.flow.grammar.templates import FORMS
from ivr.flow.schema import leaves, shapes
from ivr.flow.schema.meanings import VERBS, meaning_of
from ivr.settings import SECRETS, WELL_KNOWN, load_configuration

FOLDER: Final = Path(__file__).parent
NOTE: Final = "<!-- Made by docs/generate.py from the program. Change it there. -->"

TABLES: Final[tuple[tuple[str, type[BaseModel], str], ...]] = (
    ("`project.yaml`", shapes.ProjectShape, "Settings that all flows of a project share. The file stands alone."),
    ("`NAME.flow.yaml`", shapes.FlowShape, "One flow, named as its file."),
    ("A slot", shapes.SlotShape, "Under `slots:`. What is asked for, and how."),
    ("An option of a choice", shapes.OptionShape, "Under `options:` of a slot of type choice."),
    ("`keys:` of a question", shapes.KeyShape, "How keys are taken."),
    ("`turn:` of a question, node or flow", shapes.TurnShape, "When the caller's turn is over."),
    ("`must:`", shapes.RuleShape, "A rule, or a list of rules; the first that fails is told."),
    ("`check:`", shapes.CheckShape, "`mod10` by itself, or these keys."),
    ("`skip:`", shapes.SkipShape, "The words alone, or these keys."),
    ("A variable", shapes.VarShape, "Under `vars:`. It has a value from the start, so it is never empty."),
    ("A tool", shapes.ToolShape, "Under `tools:`. One of `http:`, `python:` and `mcp:`."),
    ("A result of a tool", shapes.ResultShape, "Under `results:`, tried in the written order."),
    ("A kept value", shapes.KeepShape, "Under `keep:`. The short form is `$.balance as money`."),
    ("`retry:` of a tool", shapes.RetryShape, ""),
    ("`filler:` of a tool", shapes.FillerShape, "The sentence alone, or these keys."),
    (
        "`auth:` of a tool, a contact or a server",
        shapes.AuthShape,
        "One of the four. Every secret is named, never written.",
    ),
    ("`basic:`", shapes.BasicShape, ""),
    ("`oauth:`", shapes.OauthShape, ""),
    ("`breaker:` of a tool", shapes.BreakerShape, ""),
    ("A contact", shapes.ContactShape, "Under `contacts:`. One of `sms:` and `post:`."),
    ("A server of tools", shapes.McpShape, "Under `mcp:`."),
    ("A command", shapes.CommandShape, "Under `commands:`. `NAME: no` switches one off."),
    ("`trouble:`", shapes.TroubleShape, "Each is a list of rungs: the first time, the second time, and so on."),
    ("A node with settings", shapes.NodeShape, "A node is a list of steps, or this."),
    ("`limits:`", shapes.LimitShape, ""),
    ("An address", shapes.ApiShape, "Under `apis:`."),
    ("A target", shapes.TargetShape, "Under `targets:`. One of `number:` and `sip:`."),
    ("`languages:`", shapes.LanguageShape, ""),
    ("`recording:`", shapes.RecordingShape, "`yes` or `no`, or these keys."),
)
EXTRA: Final[tuple[tuple[str, type[BaseModel], str], ...]] = (
    ("An exit of an agent", shapes.ExitShape, "Under `exits:`. `goto:`, or steps under `do:`."),
    ("`style:` of an agent", shapes.StyleShape, ""),
    ("`never:` of an agent", shapes.NeverShape, "Each item has one of these."),
    ("`always:` of an agent", shapes.ExactShape, "A sentence that the program says word for word."),
    ("`limits:` of an agent", shapes.AgentLimitShape, "`none` lifts one."),
    ("An argument of a tool", shapes.TakeShape, "Under `takes:`. The type alone, or these keys."),
    ("An option of a menu", shapes.MenuOptionShape, "What it does: `goto:`, or steps under `do:`."),
    ("A repair under `on:`", shapes.RepairShape, "Asks a slot again and makes the same call again."),
    ("`end:` with an outcome", shapes.EndShape, ""),
)
SETTING: Final = {
    "host": "Where the server listens. Other machines only with a Twilio auth token.",
    "port": "0 takes any free one.",
    "public_url": "How the carrier reaches us: https, or http on this machine. Empty: http://127.0.0.1 and the port.",
    "twilio_api_url": "Where Twilio's REST interface is asked, if not at Twilio.",
    "data_dir": "Everything that is kept.",
    "max_calls": "More callers than these hear busy.",
    "engines": "A profile: who hears, thinks and speaks. `embedded`, `instant` for load tests, `openai`, `cometapi`, "
    "or one of the file. Not set: by the key there is, else `embedded`.",
    "caps.call": "What models may cost in one call, in the currency of their prices. Then those of this process serve.",
    "caps.hour": "The same of all calls of one process in an hour.",
    "project": "The folder that holds the projects of flows. Empty: `flows`.",
    "flow": "What answers: a project, or project/flow. Empty: `support`.",
    "record": "`false` records no call of any project.",
    "prompt_cache_mb": "Sound of prompts kept in the data folder, for later starts and other workers; 0 keeps none.",
    "late_ms": "How late the event loop may be, for some seconds on end, before new calls hear busy.",
    "clock_at": "For tests: the wall clock begins here, as in 2026-03-02T10:00:00Z. Refused beside TWILIO_AUTH_TOKEN.",
    "drain_seconds": "How long a stop waits for calls in progress.",
    "workers": "Processes that answer, at most one a core; 4 at most with SQLite.",
    "twilio_account_sid": "Kept for calls to the carrier's REST interface; ordinary calls need none.",
    "database_url": "A PostgreSQL database: `postgresql://user:password@host:5432/name`. Empty: SQLite.",
    "twilio_auth_token": "With it every request must be signed. Two, with a comma between, while one is replaced.",
    "log_level": "debug, info, warning or error.",
    "log_format": "auto: for people on a terminal, JSON elsewhere.",
    "call.confirm_ms": "Speech of this length over a prompt is a barge-in.",
    "call.hesitation_ms": "Silence after a mere um that stopped a prompt, before the prompt goes on.",
    "call.words_late_ms": "Silence after something short that stopped a prompt; then the prompt goes on meanwhile.",
    "call.surely_speech_ms": "What lasted this long is no cough: its words are waited for.",
    "call.withdraw_ms": "Silence of this length before that: it was a cough.",
    "call.ask_ms": "Silence after which words are asked for; they are thrown away if the caller goes on.",
    "call.early_ms": "Silence after which an answered question is over.",
    "call.free_ms": "Silence that ends other speech.",
    "call.growing_ms": "Silence that ends speech of which more is likely, such as digits whose number is not fixed.",
    "call.open_ending_ms": "Silence that ends speech which seems unfinished, such as half a number.",
    "call.stalling_ms": "Silence that ends a turn in which the caller asked for time, such as hold on.",
    "api_token": "What programs show that ask for calls (Bearer). Without it only this machine may, and nobody where "
    "the carrier signs.",
    "overflow": "What callers get whom no flow serves, since the server is full or cannot keep what happens, or the "
    "carrier could not use its answer: `busy`, `record` (the carrier takes a message), or a number or SIP address.",
    "outbound_per_hour": "So many calls are placed in an hour at most, tries that nobody took too; 0: none.",
    "max_chats": "Conversations in writing (`POST /api/v1/chats`) that may be open at once; 0: none is taken.",
    "chat_idle_minutes": "Who has not written for so long has left; at most two days.",
    "word_times": "After a call the recogniser at a far end is asked again, for the time of each word: twice the cost.",
    "call.judge": "Ask for a second opinion, by sound, on whether the caller has finished; it only adds to the wait.",
    "call.understands": "Ask a model, where there is one for it, what words meant that do not fit the question.",
    "call.understands_sound": "It may hear the caller too, and not only read the words, where it can.",
    "call.understands_private": "It may have answers of class pii, as where it runs in the house; not pci or secret.",
    "call.short_ms": "The same where the question expects a word or a number; a story is waited for as an open ending.",
    "call.sure_ms": "Of which the detector must have been sure for this long.",
    "call.rest_gap_ms": "Speech over our answer this soon after the answered turn may be the rest of that turn.",
    "call.rest_ms": "So much of it is a barge-in all the same.",
    "call.noise_ms": "Shorter sounds without words are no speech.",
    "call.thinking_ms": "Words that take longer than this to come are bridged by a sentence.",
    "call.goodbye_ms": "How long a goodbye may take to be heard.",
}
FINE: Final = "call.hearing."
"""Settings of the speech detector that are tuned together; measured on recordings, seldom changed."""


# ---- keys of files


def flow_reference() -> Iterator[str]:
    yield "# The keys of flow files"
    yield NOTE
    yield (
        "Every key of this version, from the same source as `ivr check` and the schema for editors. What they mean "
        "together is told in [flow-language.md](flow-language.md). *Needed* keys have no default. Keys listed under "
        "*later* are known to the language and refused by this version with IVR190."
    )
    yield "## Steps"
    for verb, shape in shapes.STEPS.items():
        yield f"### `{verb}`"
        yield VERBS[verb]
        yield from _shape(shape)
    later = ", ".join(f"`{verb}`" for verb in sorted(shapes.LATER_VERBS))
    yield f"Later, refused with IVR190: {later}."
    yield "## Parts"
    for title, shape, about in (*TABLES, *EXTRA):
        yield f"### {title}"
        if about:
            yield about
        yield from _shape(shape)
    yield "## Types of slots"
    listed = sorted(set(leaves.ASKED_TYPES) - {"target", "yes_no"})
    yield f"Callers are asked for: {_codes(sorted(leaves.ASKED_TYPES))}; and for `list of` {_codes(listed)}."
    yield (
        "Tools may keep a `moment` as well. What each takes by speech and by keys: "
        "[the flow language](flow-language.md)."
    )
    yield "## Forms"
    yield "`{name as FORM}` in a sentence."
    yield _table(
        ("form", "for"), [(f"`{form}`", ", ".join(sorted(type.value for type in of))) for form, of in FORMS.items()]
    )
    yield "## Built-in commands"
    yield "Heard when they are all that was said. `operator` and `cancel` do nothing until they have a `goto:`."
    rows = [(f"`{name}`", ", ".join(words)) for name, words in commands.ENGLISH.items()]
    yield _table(("command", "words, where `hear:` gives none"), rows)
    yield f"Later: {_codes(sorted(commands.LATER))}."
    yield "## The program's own sentences"
    yield '`words: {en-US: {NAME: "..."}}` in `project.yaml` replaces one.'
    yield _table(("name", "sentence"), [(f"`{name}`", text) for name, text in sentences.ENGLISH.items()])


def _shape(shape: type[BaseModel]) -> Iterator[str]:
    rows = [_row(shape, name, field) for name, field in shape.model_fields.items()]
    yield _table(("key", "what it is", "written"), rows)
    later = getattr(shape, "later", frozenset())
    if later:
        yield f"Later: {_codes(sorted(later))}."


def _row(shape: type[BaseModel], name: str, field: FieldInfo) -> tuple[str, str, str]:
    key = field.alias or name
    meaning = meaning_of(shape.__name__, key)
    if meaning is None:
        raise SystemExit(f'ivr/flow/schema/meanings.py: "{key}" of {shape.__name__} is not explained')
    needed = " *Needed.*" if field.is_required() else ""
    return f"`{key}`", meaning + needed, _written(field)


def _written(field: FieldInfo) -> str:
    marks = [one.written for one in field.metadata if isinstance(one, leaves.Leaf)]
    if marks == ["a type of value"]:
        return "a type, see below"
    return marks[0] if marks else " or ".join(dict.fromkeys(_kinds(field.annotation)))


def _kinds(kind: Any) -> Iterator[str]:
    """A type in the words of somebody who writes the file."""
    origin = get_origin(kind)
    if origin is Literal:
        yield ", ".join(str(one) for one in get_args(kind))
    elif origin in (Union, UnionType):
        for one in get_args(kind):
            yield from _kinds(one)
    elif hasattr(kind, "__metadata__"):
        marks = [one.written for one in kind.__metadata__ if isinstance(one, leaves.Leaf)]
        yield from marks or _kinds(origin)
    elif origin is dict:
        literal = get_origin(get_args(kind)[0]) is Literal
        yield "`{one_of: [texts]}`" if literal else "names with values"
    elif origin is list:
        inner = " or ".join(dict.fromkeys(_kinds(get_args(kind)[0])))
        yield {"text": "a list of texts", "a step or a list of steps": "a list of steps"}.get(inner, "a list")
    elif kind is type(None):
        return
    elif kind is str:
        yield "text"
    elif kind == "Step" or getattr(kind, "__forward_arg__", "") == "Step" or _is_step(kind):
        yield "a step"
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield "keys with values"
    else:
        yield "anything"


def _is_step(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, shapes.StepShape)


# ---- messages and settings


def codes() -> Iterator[str]:
    yield "# Messages about flow files"
    yield NOTE
    yield (
        "`ivr check` tells every mistake at once, each with a code; `ivr help CODE` shows its entry here. Errors keep "
        "a project from being used. A warning is accepted by a comment with its code and a reason, on its line or the "
        "line above: `# ivr: ignore IVR310 our survey wants the long menu`."
    )
    for family, name in FAMILIES.items():
        found = [(code, entry) for code, entry in CODES.items() if code[3] == family]
        if not found:
            continue
        yield f"## IVR{family}xx: {name}"
        for code, entry in found:
            severity = "" if code not in WARNINGS else " (warning)" if code != "IVR605" else " (error or warning)"
            yield f"### {code}: {entry.title}{severity}"
            yield f"Why: {entry.why}  \nFix: {entry.fix}"
            if entry.example:
                yield f"```text\n{entry.example}\n```"


def settings() -> Iterator[str]:
    yield "# Settings"
    yield NOTE
    yield (
        "The highest source wins: flag, environment, `.env` in the working folder, `config/NAME.toml` (named by "
        "`--config` or `IVR_CONFIG`), default. Any name with `_FILE` behind it names a file that holds the value. "
        "`ivr config show --origin` shows what is in force. An unknown `IVR_...` name is refused with the nearest "
        "right one."
    )
    effective = load_configuration(environment={}, folder=FOLDER / "no such folder").effective()
    rows, fine = [], []
    for one in effective:
        variable = WELL_KNOWN.get(one.name, "IVR_" + one.name.replace(".", "__").upper())
        if one.name.startswith(FINE):
            fine.append((f"`{one.name}`", f"`{variable}`", one.value))
            continue
        if one.name not in SETTING:
            raise SystemExit(f"docs/generate.py: the setting {one.name} is not explained")
        secret = " A secret: never in a file of settings." if one.name in SECRETS else ""
        rows.append((f"`{variable}`", f"`{one.name}`", one.value, SETTING[one.name] + secret))
    yield _table(("environment", "in TOML", "default", "what it is"), rows)
    yield "In TOML the names before a dot are tables: `[call]`, `[call.hearing.endpointing]`."
    yield "## The speech detector"
    yield "Tuned together on recordings of telephone lines. `bench/speech.py` measures what a change does."
    yield _table(("in TOML", "environment", "default"), fine)
    yield "## Other names in the environment"
    yield _table(
        ("environment", "what it is"),
        [
            ("`IVR_CONFIG`", "Which `config/NAME.toml`."),
            ("`OPENAI_API_KEY`", "A secret. Chooses the profile `openai` where none is named."),
            (
                "`COMETAPI_API_KEY`",
                "A secret. Chooses the profile `cometapi` where none is named and there is no OpenAI key.",
            ),
            ("`OPENAI_BASE_URL`", "Another address for the engines of that profile: any OpenAI-compatible one."),
            ("`IVR_ENGINE__NAME__KEY`", "Changes KEY of `[engine.NAME]`; hyphens of the name are `_`."),
            ("`IVR_API__NAME__URL`", "The address of the back end NAME of `apis:`, instead of the written one."),
            ("`IVR_API__NAME__ALLOW_PRIVATE`", "`yes`: that back end may stand in a private network."),
            ("`IVR_MCP__NAME__URL`, `IVR_MCP__NAME__ALLOW_PRIVATE`", "The same for the server NAME of `mcp:`."),
            (
                "`IVR_SECRET_NAME`",
                "The secret NAME of `secrets:`. Or `IVR_SECRET_NAME_FILE`, or `secrets/NAME` in the data folder.",
            ),
            ("`NO_COLOR`", "No colours."),
        ],
    )


# ---- markdown


def _codes(names: list[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


PAGES: Final = {"flow-reference.md": flow_reference, "codes.md": codes, "settings.md": settings}


def pages() -> dict[str, str]:
    """Name of the page to its text."""
    return {name: "\n\n".join(make()) + "\n" for name, make in PAGES.items()}


def main() -> int:
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
