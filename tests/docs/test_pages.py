"""The pages of reference are those the program makes now, and links lead somewhere."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

import generate
from pages import ROOT, blocks, pages


@pytest.mark.parametrize("name", generate.PAGES)
def test_the_reference_is_not_stale(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text == generate.pages()[name], f"docs/{name} is stale: run  .venv/bin/python docs/generate.py"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_block_says_its_language(page: Path) -> None:
    for block in blocks(page):
        assert block.language in ("console", "sh", "yaml", "text", "toml", "python"), block.where
