"""Messages about flows as other programs read them: JSON, annotations of GitHub Actions, SARIF 2.1.0."""

from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from ivr.catalog import Checked
from ivr.flow.codes import CODES, help_page
from ivr.flow.messages import Message

SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def plain(checked: Checked, message: Message) -> dict[str, Any]:
    """One message as an object; these fields stay as they are from version to version. Line and column count from 1,
    in characters; `width` is how many of them the message is about."""
    code = CODES.get(message.code)
    return {
        "file": _file(checked, message),
        "line": message.place.line,
        "column": message.place.column,
        "width": message.width,
        "severity": message.severity,
        "code": message.code,
        "text": message.text,
        "fix": message.fix,
        "why": message.why or (code.why if code else ""),
    }


def annotation(checked: Checked, message: Message) -> str:
    """A workflow command of GitHub Actions: what it reserves is written as %25, %0A and so on."""

    def escaped(text: str, more: str = "") -> str:
        for char in "%\r\n" + more:
            text = text.replace(char, f"%{ord(char):02X}")
        return text

    place = message.place
    end = place.column + message.width - 1
    where = f"file={escaped(_file(checked, message), ':,')},line={place.line},col={place.column},endColumn={end}"
    return f"::{message.severity} {where},title={message.code}::{escaped(_said(message))}"


def sarif(everything: list[Checked]) -> dict[str, Any]:
    """One run. What is waived in the file stands there too, as suppressed, with its reason."""
    results = [_result(one, message) for one in everything for message in one.messages]
    for one in everything:
        for waived in one.waived:
            suppressed = {"kind": "inSource", "justification": waived.reason}
            results.append({**_result(one, waived.message), "suppressions": [suppressed]})
    codes = sorted({result["ruleId"] for result in results})
    for result in results:
        result["ruleIndex"] = codes.index(result["ruleId"])
    driver = {
        "name": "ivr",
        "version": version("ivr"),
        "semanticVersion": version("ivr"),
        "rules": [_rule(code) for code in codes],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": f"{known.title}."},
        "fullDescription": {"text": f"{known.why[0].upper()}{known.why[1:]}"},
        "help": {"text": help_page(code) or known.fix},
    }


def _result(checked: Checked, message: Message) -> dict[str, Any]:
    place = message.place
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": place.column + message.width,
    }
    where = {"artifactLocation": {"uri": quote(_file(checked, message))}, "region": region}
    return {
        "ruleId": message.code,
        "level": message.severity,
        "message": {"text": _said(message)},
        "locations": [{"physicalLocation": where}],
    }


def _said(message: Message) -> str:
    return " ".join(filter(None, (message.text, message.fix)))


def _file(checked: Checked, message: Message) -> str:
    return (PurePosixPath(checked.folder.as_posix()) / message.place.file).as_posix()
