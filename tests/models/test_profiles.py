"""Engines and profiles as an administrator names them: in a file, by one key, by the environment."""

import pickle
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.models.profiles import FarEngine, Profile, name_of
from ivr.settings import Configuration, Settings, load_configuration

KEY = "sk-0123456789abcdefghij"
TWO = """
engines = "house"

[engine.whisper]
kind = "transcription"
url = "http://127.0.0.1:8000/v1/"
model = "large-v3"

[engine.talker]
kind = "chat"
url = "https://models.example.com/v1"
model = "qwen3"
key_from = "TALKER_KEY"
stream = false
first_ms = 4000
price = {text_in = 0.15, text_out = 1}
request = {temperature = 0.4}

[profile.house]
hear = ["whisper"]
think = ["talker", "openai"]
"""


def loaded(
    folder: Path, toml: str = "", environment: Mapping[str, str] | None = None, **flags: object
) -> Configuration:
    (folder / "c.toml").write_text(toml)
    return load_configuration(flags, config="c.toml", environment=environment or {}, folder=folder)


def settings(folder: Path, toml: str = "", environment: Mapping[str, str] | None = None, **flags: object) -> Settings:
    return loaded(folder, toml, environment, **flags).settings


def faults(folder: Path, toml: str = "", environment: Mapping[str, str] | None = None, **flags: object) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        loaded(folder, toml, environment, **flags)
    return str(refused.value).splitlines()


def names(profile: Profile, role: str) -> list[str]:
    return [name_of(rung) for rung in getattr(profile, role)]


def engine(profile: Profile, name: str) -> FarEngine:
    (found,) = [one for one in (*profile.far_engines, *profile.left_out) if one.name == name]
    return found


# ---- one key


def test_without_a_key_nobody_outside_is_asked(tmp_path: Path) -> None:
    profile = settings(tmp_path).profile
    assert (profile.name, profile.hear, profile.speak, profile.think) == ("embedded", ("embedded",), ("embedded",), ())
    assert not profile.far


@pytest.mark.parametrize(
    ("environment", "name", "url", "model"),
    [
        ({"OPENAI_API_KEY": KEY}, "openai", "https://api.openai.com/v1", "gpt-audio-1.5"),
        ({"COMETAPI_API_KEY": KEY}, "cometapi", "https://api.cometapi.com/v1", "gpt-4o-mini-audio-preview"),
        ({"OPENAI_API_KEY": KEY, "COMETAPI_API_KEY": "x"}, "openai", "https://api.openai.com/v1", "gpt-audio-1.5"),
        (
            {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1/"},
            "openai",
            "http://127.0.0.1:9/v1",
            "gpt-audio-1.5",
        ),
        (
            {"COMETAPI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
            "cometapi",
            "http://127.0.0.1:9/v1",
            "gpt-4o-mini-audio-preview",
        ),
    ],
)
def test_one_key_is_enough(tmp_path: Path, environment: dict[str, str], name: str, url: str, model: str) -> None:
    found = settings(tmp_path, "", environment)
    profile = found.profile
    assert (found.engines, profile.name) == (name, name)
    talks = engine(profile, name)
    assert (talks.kind, talks.url, talks.model, talks.stream, talks.speaks) == ("audio_chat", url, model, True, True)
    assert talks.key is not None
    assert talks.key.get_secret_value() == KEY
    assert names(profile, "think") == names(profile, "understand") == [name]
    assert names(profile, "speak") == [f"{name}-speech", "embedded"]
    assert {one.url for one in profile.far_engines} == {url}
    assert list(profile.warnings()) == []


def test_the_openai_address_is_not_cometapis_where_each_has_its_key(tmp_path: Path) -> None:
    environment = {"OPENAI_API_KEY": KEY, "COMETAPI_API_KEY": "x", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    profile = settings(tmp_path, "", environment, engines="cometapi").profile
    assert engine(profile, "cometapi").url == "https://api.cometapi.com/v1"


@pytest.mark.parametrize("address", ["vllm:8000/v1", "http://vllm:8000/v1", f"https://{KEY}@x.example/v1"])
def test_an_address_that_cannot_be_is_told_once_for_all_its_engines(tmp_path: Path, address: str) -> None:
    (told,) = faults(tmp_path, "", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": address})
    assert told.startswith("env OPENAI_BASE_URL: ")
    assert KEY not in told


def test_who_says_embedded_gets_it_whatever_the_environment_holds(tmp_path: Path) -> None:
    environment = {"OPENAI_API_KEY_FILE": "nowhere", "COMETAPI_API_KEY": KEY, "OPENAI_BASE_URL": "no address"}
    assert settings(tmp_path, "", environment, engines="embedded").profile.name == "embedded"
    assert settings(tmp_path, "", {**environment, "IVR_ENGINES": "instant"}).profile.hear == ("instant",)


def test_a_key_may_come_from_a_mounted_file_or_dotenv(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    configuration = loaded(tmp_path, "", {"OPENAI_API_KEY_FILE": "key"})
    assert engine(configuration.settings.profile, "openai").key is not None
    assert configuration.origins["engines"] == "env OPENAI_API_KEY_FILE"
    (tmp_path / ".env").write_text(f"COMETAPI_API_KEY={KEY}\n")
    assert loaded(tmp_path).origins["engines"] == ".env COMETAPI_API_KEY"
    assert faults(tmp_path, "", {"OPENAI_API_KEY_FILE": "nowhere"}) == [
        "env: OPENAI_API_KEY_FILE: nowhere: No such file or directory"
    ]
    assert faults(tmp_path, "", {"OPENAI_API_KEY_FILE": "key", "OPENAI_API_KEY": KEY}) == [
        "env: OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set: leave one out"
    ]


# ---- a file


def test_engines_and_profiles_of_a_file(tmp_path: Path) -> None:
    profile = settings(tmp_path, TWO, {"TALKER_KEY": KEY, "OPENAI_API_KEY": KEY}).profile
    assert names(profile, "hear") == ["whisper", "embedded"]
    assert names(profile, "think") == names(profile, "understand") == ["talker", "openai"]
    assert names(profile, "speak") == ["embedded"]
    whisper, talker = engine(profile, "whisper"), engine(profile, "talker")
    assert (whisper.url, whisper.key_from, whisper.keyless) == ("http://127.0.0.1:8000/v1", "", False)
    assert (talker.stream, talker.first_ms, talker.prices.text_in) == (False, 4000, Decimal("0.15"))
    assert talker.request == {"temperature": 0.4}


@pytest.mark.parametrize(
    ("roles", "thinking"),
    [
        ('think = ["openai-realtime", "openai"]', ["openai-realtime", "openai"]),
        ('duplex = "openai-realtime"\nthink = ["openai"]', ["openai-realtime", "openai"]),
        ('duplex = "openai-realtime"\nthink = ["openai-realtime", "openai"]', ["openai-realtime", "openai"]),
    ],
)
def test_who_talks_over_a_session_is_asked_first_and_understands_no_question(
    tmp_path: Path, roles: str, thinking: list[str]
) -> None:
    toml = f'engines = "live"\n[engine.openai-realtime]\nvoice = "cedar"\n[profile.live]\n{roles}\n'
    profile = settings(tmp_path, toml, {"OPENAI_API_KEY": KEY}).profile
    assert names(profile, "thinking") == thinking
    assert names(profile, "understand") == ["openai"]
    live = engine(profile, "openai-realtime")
    assert (live.kind, live.voice, live.turns) == ("realtime", "cedar", "ours")


def test_the_embedded_engines_are_last_unless_said_otherwise(tmp_path: Path) -> None:
    far = TWO + 'embedded_last = false\nspeak = "openai-speech"\n'
    profile = settings(tmp_path, far, {"TALKER_KEY": KEY, "OPENAI_API_KEY": KEY}).profile
    assert (names(profile, "hear"), names(profile, "speak")) == (["whisper"], ["openai-speech"])
    # Without its key nobody would speak.
    profile = settings(tmp_path, far, {"TALKER_KEY": KEY}).profile
    assert names(profile, "speak") == ["embedded"]
    told = faults(tmp_path, TWO + "embedded_last = false\nspeak = []\n")
    assert told == ["c.toml: profile.house.speak: nobody would speak: name an engine, or embedded"]


def test_who_has_no_key_is_left_out_and_told(tmp_path: Path) -> None:
    found = settings(tmp_path, TWO, {"TALKER_KEY": KEY})
    assert names(found.profile, "think") == ["talker"]
    assert found.warnings()[1:] == [
        "engine openai is left out, because OPENAI_API_KEY is not set: set it, or OPENAI_API_KEY_FILE; "
        "until then talker thinks, talker understands"
    ]
    found = settings(tmp_path, "", {}, engines="openai")
    assert found.profile.far
    assert [line.split(";")[1] for line in found.warnings()[1:]] == [
        " until then embedded hears",
        " until then agents take their way for a model that is down, questions are understood by the words alone",
        " until then embedded speaks",
    ]


def test_a_preset_is_changed_key_by_key(tmp_path: Path) -> None:
    toml = '[engine.openai]\nmodel = "gpt-audio-2"\nvoice = "marin"\n[profile.openai]\nunderstand = []\n'
    profile = settings(tmp_path, toml, {"OPENAI_API_KEY": KEY}).profile
    talks = engine(profile, "openai")
    assert (talks.model, talks.voice, talks.kind) == ("gpt-audio-2", "marin", "audio_chat")
    assert not talks.prices.known, "the price was another model's"
    assert (names(profile, "think"), names(profile, "understand")) == (["openai"], [])


def test_the_environment_is_over_the_file(tmp_path: Path) -> None:
    environment = {
        "TALKER_KEY": KEY,
        "IVR_ENGINE__TALKER__URL": "http://talker:8000/v1",
        "IVR_ENGINE__TALKER__ALLOW_PLAIN": "yes",
        "IVR_ENGINE__TALKER__PRICE__TEXT_IN": "2.5",
        "IVR_ENGINE__OPENAI_SPEECH__VOICE": "cedar",
    }
    (tmp_path / ".env").write_text("IVR_ENGINE__TALKER__FIRST_MS=9000\nIVR_ENGINE__TALKER__URL=https://no.example/v1\n")
    configuration = loaded(tmp_path, TWO, environment)
    talker = engine(configuration.settings.profile, "talker")
    assert (talker.url, talker.first_ms) == ("http://talker:8000/v1", 9000)
    assert (talker.prices.text_in, talker.prices.text_out) == (Decimal("2.5"), Decimal(1))
    assert configuration.origins["engine.talker.url"] == "env IVR_ENGINE__TALKER__URL"


def test_caps_of_a_call_and_an_hour(tmp_path: Path) -> None:
    caps = settings(tmp_path, "[caps]\ncall = 0.50\n", {"IVR_CAPS__HOUR": "20"}).caps
    assert (caps.call, caps.hour) == (Decimal("0.5"), Decimal(20))
    (told,) = faults(tmp_path, "[caps]\ncall = 0\n")
    assert told.startswith("file c.toml: caps.call: ")


# ---- mistakes


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("[engine.talker]\nmodle = 'x'", "c.toml: unknown key 'engine.talker.modle'; did you mean model?"),
        ("[engine.talker]\nkind = 'audiochat'", "c.toml: engine.talker.kind: unknown kind 'audiochat'; did you mean"),
        (
            "[engine.talker]\nkind = 'ear'",
            "c.toml: engine.talker.kind: unknown kind 'ear'; there are audio_chat, chat,",
        ),
        ("[engine.talker]\nurl = 'models.example.com'", "c.toml: engine.talker.url: 'models.example.com' is no URL"),
        ("[engine.talker]\nurl = 'http://['", "c.toml: engine.talker.url: this is no URL"),
        (
            "[engine.talker]\nurl = 'http://vllm:8000/v1'",
            "c.toml: engine.talker.url: http on another host would send callers' words and the key in the clear",
        ),
        (
            "[engine.talker]\nurl = 'https://x.example/v1/chat/completions'",
            "c.toml: engine.talker.url: this is the address of one endpoint: leave out /chat/completions",
        ),
        ("[engine.talker]\nurl = 'wss://x.example/v1'", "c.toml: engine.talker.url: write https"),
        ("[engine.talker]\nurl = 3", "c.toml: engine.talker.url: it is written like https://"),
        ("[engine.talker]\nfirst_ms = 0", "c.toml: engine.talker.first_ms: it is a number of milliseconds"),
        ("[engine.talker]\nstream = 'maybe'", "c.toml: engine.talker.stream: it is true or false"),
        ("[engine.talker]\nmodel = ''", "c.toml: engine.talker.model: it is a name"),
        ("[engine.talker]\nvoice = 'alloy'", "c.toml: engine.talker.voice: it means nothing for chat"),
        (
            "[engine.talker]\nprice = {text_inn = 1}",
            "c.toml: engine.talker.price.text_inn: unknown price; did you mean",
        ),
        ("[engine.talker]\nprice = {text_in = -1}", "c.toml: engine.talker.price.text_in: a price is a number, 0 or"),
        ("[engine.talker]\nrequest = {model = 'y'}", "c.toml: engine.talker.request.model: this field is ours to fill"),
        ("[engine.talker]\nrequest = {api_key = 'y'}", "c.toml: engine.talker.request.api_key: a secret never stands"),
        ("[engine.talker]\nlanguage = 'en'", "c.toml: engine.talker.language: it means nothing for chat"),
        ("[engine.whisper]\nlanguage = 'English!'", "c.toml: engine.whisper.language: it is written like"),
        ("[engine.whisper]\nrate_hz = 8000", "c.toml: engine.whisper.rate_hz: it means nothing for transcription"),
        ("[engine.talker]\nprice = 3", "c.toml: engine.talker.price: it is a table"),
        (
            "[engine.talker]\nturns = 'ours'",
            "c.toml: engine.talker.turns: it means nothing for chat; it is for realtime",
        ),
        ("[engine.talker]\nturns = 'theirs'", "c.toml: engine.talker.turns: where a turn ends is told here: a far end"),
        (
            "[profile.house]\nunderstand = ['openai-realtime']",
            "c.toml: profile.house.understand: openai-realtime is of kind realtime, which serves to think and duplex",
        ),
        ("[engine.other]\nkind = 'chat'\nmodel = 'x'", "c.toml: engine.other needs url (where it stands"),
        ("[engine.embedded]\nkind = 'chat'", "c.toml: engine.embedded: embedded is of this program"),
        ("[engine.'Big One']\nkind = 'chat'", "c.toml: engine.Big One: a name has small letters"),
        ("[profile.house]\nhaer = []", "c.toml: unknown key 'profile.house.haer'; did you mean hear?"),
        ("[profile.house]\nhear = 3", "c.toml: profile.house.hear: it is a list of engines"),
        (
            "[profile.house]\nhear = ['wisper']",
            "c.toml: profile.house.hear: there is no engine 'wisper'; did you mean wh",
        ),
        (
            "[profile.house]\nhear = ['talker']",
            "c.toml: profile.house.hear: talker is of kind chat, which serves to think",
        ),
        ("[profile.house]\nthink = ['embedded']", "c.toml: profile.house.think: embedded engines do not think"),
        ("[profile.house]\nhear = ['whisper', 'whisper']", "c.toml: profile.house.hear: whisper is named twice"),
        ("[profile.house]\nembedded_last = 'no'", "c.toml: profile.house.embedded_last: it is true or false"),
        ("[engines.talker]\nkind = 'chat'", "c.toml: engines names a profile; an engine stands under [engine.NAME]"),
        ("[profiles.house]\nhear = []", "c.toml: unknown key 'profiles'; did you mean profile?"),
        ("[engine]\nkind = 'chat'", "c.toml: engine.kind needs a name before it: [engine.NAME]"),
        ("engines = 'huose'", "file c.toml: no engines are called 'huose'; did you mean house?; there are embedded"),
    ],
)
def test_one_mistake_is_one_message(tmp_path: Path, toml: str, expected: str) -> None:
    talker = "[engine.talker]\nkind = 'chat'\nurl = 'https://x.example/v1'\nmodel = 'x'\n"
    whisper = "[engine.whisper]\nkind = 'transcription'\nurl = 'https://x.example/v1'\nmodel = 'x'\n"
    if toml.startswith(("[engine.talker]", "[engine.whisper]")):
        head, changed = toml.splitlines()
        whole = talker if head == "[engine.talker]" else whisper
        kept = [line for line in whole.splitlines() if line.split(" ")[0] != changed.split(" ")[0]]
        other = whisper if whole is talker else talker
        talker, whisper, toml = "\n".join([*kept, changed]) + "\n", other, ""
    house = "" if "[profile.house]" in toml else "[profile.house]\n"
    top = toml + "\n" if toml.startswith("engines") else ""
    (told,) = faults(tmp_path, f"{top}{talker}{whisper}{house}{'' if top else toml}\n")
    assert told.startswith(expected), told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    toml = (
        '[engine.a]\nkind = "chat"\nmodle = "x"\nurl = "x"\n[profile.b]\nhear = ["c"]\n[engine.d]\nkey_from = "a-b"\n'
    )
    told = faults(
        tmp_path,
        toml,
        {"IVR_ENGINE__D__STREAM": "x", "IVR_ENGINE__D__URL": "", "IVR_ENGINE__E__MODEL": "x"},
        engines="nobody",
    )
    assert len(told) == 9, told
    for expected in (
        "c.toml: unknown key 'engine.a.modle'; did you mean model?",
        "c.toml: engine.a.url: 'x' is no URL",
        "c.toml: engine.a needs model (its name, as the far end lists it)",
        "c.toml: engine.d.key_from: this is no variable's name",
        "env IVR_ENGINE__D__STREAM: it is true or false",
        "c.toml: engine.d needs kind (one of audio_chat, chat, transcription, speech, realtime), url (",
        "c.toml: profile.b.hear: there is no engine 'c'",
        "env: unknown IVR_ENGINE__E__MODEL",
        "flag --engines: no engines are called 'nobody'",
    ):
        assert any(line.startswith(expected) for line in told), expected


@pytest.mark.parametrize(
    "line",
    [
        f"api_key = '{KEY}'",
        f"key = '{KEY}'",
        f"token = '{KEY}'",
        f"key_from = '{KEY}'",
        f"url = 'https://{KEY}@x.example/v1'",
        f"url = 'https://x.example/v1?api_key={KEY}'",
    ],
)
def test_a_secret_in_a_file_is_refused_without_being_shown(tmp_path: Path, line: str) -> None:
    whole = {"kind": "kind = 'chat'", "url": "url = 'https://x.example/v1'", "model": "model = 'x'"}
    whole[line.split(" ")[0]] = line
    (told,) = faults(tmp_path, "[engine.talker]\n" + "\n".join(whole.values()))
    assert told.startswith(f"c.toml: engine.talker.{line.split(' ')[0]}")
    assert KEY not in told


def test_a_key_is_shown_by_nothing(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, "", {"OPENAI_API_KEY": KEY})
    assert KEY not in repr(configuration)
    shown = {one.name: (one.value, one.origin) for one in configuration.effective()}
    assert shown["engine.openai.key"] == ("••••ghij", "env OPENAI_API_KEY")
    assert shown["engine.openai.key_from"] == ("OPENAI_API_KEY", "preset")
    assert shown["engine.openai.model"] == ("gpt-audio-1.5", "preset")
    assert "engine.openai-speech.stream" not in shown, "what means nothing is not shown"
    assert shown["engine.openai.first_ms"] == ("6000", "default")
    assert shown["profile.openai.speak"] == ("openai-speech, embedded", "preset")
    assert KEY not in str(shown)
    # Workers are handed their settings by a pipe of their own.
    again = pickle.loads(pickle.dumps(configuration.settings))
    assert again.profile == configuration.settings.profile


# ---- the files we ship

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "config").glob("*.toml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_file_loads_and_serves_every_role(file: Path) -> None:
    environment = {"OPENAI_API_KEY": KEY, "COMETAPI_API_KEY": KEY}
    found = load_configuration(config=file.stem, environment=environment, folder=file.parents[1]).settings
    profile = found.profile
    assert profile.name == found.engines == file.stem
    assert profile.think and profile.understand
    assert "embedded" in profile.hear and "embedded" in profile.speak
    assert list(profile.warnings()) == []


@pytest.mark.parametrize("name", ["openai", "cometapi"])
def test_the_shipped_file_is_the_preset_written_out(name: str) -> None:
    (file,) = [one for one in SHIPPED if one.stem == name]
    environment = {"OPENAI_API_KEY": KEY} if name == "openai" else {"COMETAPI_API_KEY": KEY}
    written = load_configuration(config=name, environment=environment, folder=file.parents[1]).settings.profile
    assert written == load_configuration(environment=environment, folder=file.parent).settings.profile


def test_there_are_files_to_ship() -> None:
    assert [file.stem for file in SHIPPED] == ["cometapi", "local", "openai"]


# ---- the page for administrators


def test_the_tables_shown_to_administrators_load(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "administrators.md").read_text()
    shown = [block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[engine." in block]
    office, live = [settings(tmp_path, block, {"RELAY_KEY": KEY, "OPENAI_API_KEY": KEY}).profile for block in shown]
    assert (office.name, names(office, "think")) == ("office", ["relay", "qwen"])
    assert (engine(office, "openai-speech").voice, names(office, "hear")) == ("marin", ["embedded"])
    assert (live.name, names(live, "thinking")) == ("live", ["openai-realtime", "openai"])
