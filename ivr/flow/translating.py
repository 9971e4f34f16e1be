"""What a language lacks, written into its file of translations for somebody to fill in."""

from collections.abc import Iterable, Sequence

from ivr.flow.formatting import format_text, quoted
from ivr.flow.loader.translations import FOLDER, SCHEMA, Missing
from ivr.flow.yaml_tree import Items, Keys, Scalar, read_tree


def file_of(language: str) -> str:
    """Below the project's folder."""
    return f"{FOLDER}{language}.yaml"


def with_missing(text: str | None, language: str, missing: Iterable[Missing]) -> tuple[str, int]:
    """The file in block form, with an entry for each text that it lacks and how many those are; an entry that is there
    already and still empty stays as it is. `text`: None where there is no file yet. Raises: CannotFormat."""
    file = file_of(language)
    lines = format_text(text or f"schema: {SCHEMA}\nlanguage: {language}\n", file).splitlines()
    there = _there("\n".join(lines) + "\n", file)
    lacking = [entry for entry in dict.fromkeys(missing) if entry.language == language and _key(entry) not in there]
    for flow in dict.fromkeys(entry.flow for entry in lacking):
        _add(lines, flow, [line for entry in lacking if entry.flow == flow for line in _entry(entry)])
    return format_text("\n".join(lines) + "\n", file), len(lacking)


def _key(entry: Missing) -> tuple[str, str, str]:
    return entry.flow, "hear" if entry.hear else "text", entry.text


def _there(text: str, file: str) -> set[tuple[str, str, str]]:
    """By flow, kind and original."""
    tree, _ = read_tree(text, file)
    found = set()
    for flow, pairs in tree.entries if isinstance(tree, Keys) else ():
        for pair in pairs.items if isinstance(pairs, Items) else ():
            for kind in ("text", "hear"):
                original = pair.get(kind) if isinstance(pair, Keys) else None
                if isinstance(original, Scalar):
                    found.add((flow.text, kind, " ".join(original.text.split())))
    return found


def _entry(entry: Missing) -> tuple[str, str]:
    kind, empty = ("hear", "[]") if entry.hear else ("text", '""')
    return f"  - {kind}: {quoted(entry.text)}", f"    is: {empty}"


def _add(lines: list[str], flow: str, entries: Sequence[str]) -> None:
    """Behind the last entry of the flow, before what stands between it and the next."""
    heads = [at for at, line in enumerate(lines) if line.startswith(f"{flow}:")]
    if not heads:
        lines += ["", f"{flow}:", *entries]
        return
    if lines[heads[0]].strip() == f"{flow}: []":
        lines[heads[0]] = f"{flow}:"
    end = heads[0] + 1
    for at in range(end, len(lines)):
        if lines[at].startswith(" "):
            end = at + 1
        elif lines[at].strip() and not lines[at].startswith("#"):
            break
    lines[end:end] = entries
