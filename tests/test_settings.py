from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.live.clock import ShiftedClock
from ivr.settings import Settings, load_configuration

TOKEN = "0123456789abcdef0123456789abcdef"


def load(folder: Path, environment: Mapping[str, str] | None = None, **flags: object) -> Settings:
    return load_configuration(flags, environment=environment or {}, folder=folder).settings


def faults(folder: Path, environment: Mapping[str, str] | None = None, **flags: object) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(folder, environment, **flags)
    return str(refused.value).splitlines()


def test_without_anything_the_defaults_are_a_laptop(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.host, settings.engines, settings.data_dir) == ("127.0.0.1", "embedded", Path("data"))
    assert settings.base_url == f"http://127.0.0.1:{settings.port}"
    assert settings.stream_url == f"ws://127.0.0.1:{settings.port}"
    assert settings.drain_seconds == 600
    assert not settings.signed
    assert len(settings.warnings()) == 1


def test_flag_over_environment_over_dotenv_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "office.toml").write_text(
        "port = 1\nmax_calls = 1\nengines = 'instant'\nlog_level = 'error'\n"
    )
    (tmp_path / ".env").write_text("PORT=2\nIVR_MAX_CALLS=2\nIVR_ENGINES=embedded\nOTHER_THING=x\n")
    environment = {"PORT": "3", "IVR_MAX_CALLS": "3", "IVR_CONFIG": "office", "PATH": "/bin"}
    configuration = load_configuration({"port": 4, "host": None}, environment=environment, folder=tmp_path)
    found = {one.name: (one.value, one.origin) for one in configuration.effective()}
    assert found["port"] == ("4", "flag --port")
    assert found["max_calls"] == ("3", "env IVR_MAX_CALLS")
    assert found["engines"] == ("embedded", ".env IVR_ENGINES")
    assert found["log_level"] == ("error", "file config/office.toml")
    assert found["host"] == ("127.0.0.1", "default")


def test_nested_settings_come_by_double_underscore_and_by_table(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text("[call]\nconfirm_ms = 150\n[call.hearing]\npre_roll_ms = 300\n")
    environment = {"IVR_CONFIG": "./ivr.toml", "IVR_CALL__HEARING__ENDPOINTING__ONSET_MS": "80"}
    settings = load(tmp_path, environment)
    assert settings.call.confirm_ms == 150
    assert settings.call.hearing.pre_roll_ms == 300
    assert settings.call.hearing.endpointing.onset_ms == 80
    assert settings.call.hearing.longest_ms == 30_000


def test_all_faults_are_told_at_once_with_the_nearest_right_name(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("prot = 1\n[call]\nconfirm = 1\n[port]\nx = 1\n")
    environment = {"IVR_CONFIG": "bad.toml", "IVR_HOTS": "x", "IVR_MAX_CALLS": "0", "IVR_HOST": "0.0.0.0"}
    told = faults(tmp_path, environment)
    assert len(told) == 6
    for expected in (
        "bad.toml: unknown key 'prot'; did you mean port?",
        "bad.toml: unknown key 'call.confirm'; did you mean confirm_ms?",
        "env: unknown IVR_HOTS; did you mean IVR_HOST?",
        "env IVR_MAX_CALLS: max_calls:",
        "file bad.toml: port:",
        "env IVR_HOST: 0.0.0.0 is reached from other machines",
    ):
        assert any(line.startswith(expected) for line in told), expected


def test_secrets_of_tools_are_no_settings(tmp_path: Path) -> None:
    load(tmp_path, {"IVR_SECRET_CRM_TOKEN": "x", "IVR_SECRET_OTHER_FILE": "/run/x"})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "ivr.example.com"])
def test_wider_than_loopback_needs_the_signing_secret(tmp_path: Path, host: str) -> None:
    (told,) = faults(tmp_path, host=host)
    assert "set TWILIO_AUTH_TOKEN" in told
    settings = load(tmp_path, {"TWILIO_AUTH_TOKEN": TOKEN}, host=host)
    assert settings.auth_token == TOKEN
    assert settings.warnings() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_loopback_needs_none(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, host=host).host == host


@pytest.mark.parametrize(
    ("url", "stream"),
    [
        ("https://calls.example.com", "wss://calls.example.com"),
        ("https://calls.example.com:8443/line/", "wss://calls.example.com:8443/line"),
        ("http://127.0.0.1:9", "ws://127.0.0.1:9"),
        ("http://localhost:9", "ws://localhost:9"),
    ],
)
def test_the_stream_goes_where_the_public_url_is(tmp_path: Path, url: str, stream: str) -> None:
    assert load(tmp_path, {"IVR_PUBLIC_URL": url}).stream_url == stream


@pytest.mark.parametrize(
    "url",
    [
        "http://calls.example.com",
        "calls.example.com",
        "ftp://x",
        "https://",
        "https://x?y=1",
        "https://u:p@x",
        "http://[",
        "https://x:port",
    ],
)
def test_a_public_url_that_cannot_be_is_refused(tmp_path: Path, url: str) -> None:
    (told,) = faults(tmp_path, {"IVR_PUBLIC_URL": url})
    assert told.startswith("env IVR_PUBLIC_URL: ")
    assert "u:p" not in told


def test_a_secret_comes_from_a_mounted_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    configuration = load_configuration(environment={"TWILIO_AUTH_TOKEN_FILE": "token"}, folder=tmp_path)
    assert configuration.settings.auth_token == TOKEN
    shown = {one.name: (one.value, one.origin) for one in configuration.effective()}
    assert shown["twilio_auth_token"] == ("••••cdef", "env TWILIO_AUTH_TOKEN_FILE")
    assert TOKEN not in repr(configuration)
    both = {"TWILIO_AUTH_TOKEN_FILE": "token", "TWILIO_AUTH_TOKEN": TOKEN}
    assert "both set" in faults(tmp_path, both)[0]
    (told,) = faults(tmp_path, {"TWILIO_AUTH_TOKEN_FILE": "nowhere"})
    assert told == "env: TWILIO_AUTH_TOKEN_FILE: nowhere: No such file or directory"


def test_a_secret_in_the_config_file_is_refused_without_being_shown(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(f"twilio_auth_token = '{TOKEN}'\n")
    (told,) = faults(tmp_path, {"IVR_CONFIG": "c.toml"})
    assert "TWILIO_AUTH_TOKEN_FILE" in told
    assert TOKEN not in told


def test_an_empty_variable_is_no_variable(tmp_path: Path) -> None:
    assert not load(tmp_path, {"TWILIO_AUTH_TOKEN": "", "PORT": ""}).signed


def test_a_config_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "office.toml").write_text("")
    (told,) = faults(tmp_path, {"IVR_CONFIG": "ofice"})
    assert told == "config/ofice.toml: there is no such file; there is office"


def test_a_config_that_is_no_toml_is_told_by_line(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("port = \n")
    (told,) = faults(tmp_path, {"IVR_CONFIG": "c.toml"})
    assert told.startswith("c.toml: ")
    assert "line 1" in told


def test_a_clock_of_tests_is_refused_where_calls_are_real(tmp_path: Path) -> None:
    at = {"IVR_CLOCK_AT": "2026-03-02T10:00:00Z"}
    clock_at = load(tmp_path, at).clock_at
    assert clock_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert ShiftedClock(clock_at).wall() - clock_at < timedelta(minutes=1)
    assert any("clock of tests" in fault for fault in faults(tmp_path, {**at, "TWILIO_AUTH_TOKEN": TOKEN}))
    assert any("clock_at" in fault for fault in faults(tmp_path, {"IVR_CLOCK_AT": "2026-03-02T10:00:00"}))
