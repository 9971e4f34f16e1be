"""Whether the YAML in README and docs is what it says: `python tests/docs/yaml_in_docs.py`; exit 1 with file:line.

Every block parses as YAML 1.2. A block that is a whole file (it has `schema:`) begins with `# flows/…`, its name; all
files of one page are laid out in a folder and loaded by the real loaders.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import Block, blocks, pages

from ivr.catalog import check_folder
from ivr.flow.scenario import load_scenarios


def main() -> int:
    faults, count = [], 0
    for page in pages():
        shown = [block for block in blocks(page) if block.language in ("yaml", "yml")]
        count += len(shown)
        faults += [fault for block in shown for fault in _parse(block)]
        faults += _load(shown)
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    sys.stdout.write(f"{count} blocks of YAML in the documents, {len(faults)} with faults\n")
    return 1 if faults else 0


def _parse(block: Block) -> Iterator[str]:
    try:
        YAML(typ="safe", pure=True).load("\n".join(block.lines))
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line if fault.problem_mark else 0
        yield f"{block.page.name}:{block.line + line}: {fault.problem}"
    if any(line.startswith("schema:") for line in block.lines) and block.file is None:
        yield f"{block.where}: a whole file begins with its name:  # flows/PROJECT/FILE.yaml"


def _load(shown: list[Block]) -> Iterator[str]:
    whole = {block.file: block for block in shown if block.file is not None}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, block in whole.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        for project in sorted(path.parent for path in (folder / "flows").glob("*/project.yaml")):
            for message in check_folder(project).messages:
                yield _at(whole, f"flows/{project.name}/{message.place.file}", message.place.line, str(message))
        for file, block in whole.items():
            if "/tests/" in file or "/calls/" in file:
                for message in load_scenarios("\n".join(block.lines), file)[1]:
                    yield _at(whole, file, message.place.line, str(message))


def _at(whole: dict[str, Block], file: str, line: int, text: str) -> str:
    block = whole.get(file)
    return f"{block.page.name}:{block.line + line - 1}: {text}" if block else f"{file}: {text}"


if __name__ == "__main__":
    sys.exit(main())
