import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ivr.logs import configure_logging


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging("debug", "json", stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_listed_fields_get_out_and_others_only_by_name(out: io.StringIO) -> None:
    structlog.get_logger("ivr.test").info("turn over", call="01X", ms=12, words="canary", digits="4111111111111111")
    (line,) = lines(out)
    assert (line["event"], line["call"], line["ms"], line["level"]) == ("turn over", "01X", 12, "info")
    assert line["left_out"] == ["digits", "words"]
    assert "canary" not in out.getvalue()
    assert "4111" not in out.getvalue()


def test_control_characters_make_no_second_line(out: io.StringIO) -> None:
    structlog.get_logger("ivr.test").warning("a\nb", why='x\r\n{"level":"error"}\x1b[31m\u2028', path={"a": "canary"})
    (line,) = lines(out)
    assert line["event"] == "a b"
    assert not any(ord(sign) < 32 or sign == "\u2028" for sign in line["why"])
    assert "canary" not in out.getvalue()


def test_an_exception_is_its_type_and_place(out: io.StringIO) -> None:
    try:
        raise ValueError("canary")
    except ValueError:
        structlog.get_logger("ivr.test").exception("a call failed", call="01X")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    first, second = lines(out)
    assert first["error"] == second["error"] == "ValueError"
    assert first["where"].startswith("test_logs.py:")
    assert "canary" not in out.getvalue()


def test_foreign_libraries_do_not_get_their_words_out(out: io.StringIO) -> None:
    logging.getLogger("httpx").info("GET https://crm.example/accounts/canary")
    logging.getLogger("somelib").warning("value was %s", "canary")
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.access").info("GET /?q=canary")
    assert [line["event"] for line in lines(out)] == ["somelib reported something", "Started server process"]
    assert "canary" not in out.getvalue()


def test_for_people_there_is_a_line_too() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        configure_logging("info", "console", stream)
        structlog.get_logger("ivr.test").info("listening", port=8080)
        structlog.get_logger("ivr.test").debug("not this")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    assert "listening" in stream.getvalue()
    assert "port=8080" in stream.getvalue()
    assert "not this" not in stream.getvalue()
