import pickle
from pathlib import Path

import pytest

from ivr.errors import ToolError
from ivr.secret import Secret
from ivr.tools.secret import Secrets


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {secret!s}"
    assert "hunter2" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_are_equal_by_their_text() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_where_a_secret_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "CRM_TOKEN").write_text("from the folder\n")
    mounted = tmp_path / "mounted"
    mounted.write_text("from a file\r\n")
    environment: dict[str, str] = {}
    secrets = Secrets(environment, tmp_path)
    assert secrets.find("CRM_TOKEN").reveal() == "from the folder"
    environment["IVR_SECRET_CRM_TOKEN_FILE"] = str(mounted)
    assert secrets.find("CRM_TOKEN").reveal() == "from a file"
    environment["IVR_SECRET_CRM_TOKEN"] = "from the environment"
    assert secrets.find("CRM_TOKEN").reveal() == "from the environment"


def test_a_missing_secret_says_how_to_give_it(tmp_path: Path) -> None:
    secrets = Secrets({"IVR_SECRET_HERE": "x"}, tmp_path)
    with pytest.raises(ToolError, match="set IVR_SECRET_CRM_TOKEN or IVR_SECRET_CRM_TOKEN_FILE"):
        secrets.find("CRM_TOKEN")
    assert secrets.missing(["HERE", "CRM_TOKEN"]) == ("CRM_TOKEN",)


def test_a_named_file_that_cannot_be_read_is_a_fault_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "CRM_TOKEN").write_text("stale")
    secrets = Secrets({"IVR_SECRET_CRM_TOKEN_FILE": str(tmp_path / "gone")}, tmp_path)
    with pytest.raises(ToolError):
        secrets.find("CRM_TOKEN")


@pytest.mark.parametrize("name", ["../x", "", "A/B", "1A", "A.B", "A" * 65])
def test_a_name_cannot_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolError):
        Secrets({}, tmp_path).find(name)
