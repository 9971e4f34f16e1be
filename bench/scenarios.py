"""python -m bench.scenarios: how long the tests of a project take. Makes tests of the sample line by the hundred, each
another call (spoken or typed, corrected, silent, not understood, hung up, handed over), and runs them as `ivr test`
does, from the files on.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench import machine

SAMPLE: Final = machine.ROOT / "flows" / "support"
A_FILE: Final = 50
WITHIN_S: Final = 20.0
"""A thousand tests are to be over by then."""
_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_OK: Final = "{ok: {first_name: Ana, born: 1980-05-02, balance: 42.50, area: N1}}"
_FAULT: Final = "{fault: {fixed_by: 17:30}}"
_ANSWERS: Final = f"{{find_account: {_OK}, area_fault: {_FAULT}, note_call: {{ok: {{}}}}, care: {{answered: {{}}}}}}"


def written(number: int, chance: random.Random) -> str:
    """One test, in the words of a test file."""
    account = "".join(chance.choice("123456789") for _ in range(8))
    turns = ["{asks: reason}", *_said(account, chance), *_ending(account, chance)]
    lines = [f"  - name: call {number}", f"    given: {{time: 2026-03-02 10:00, answers: {_ANSWERS}}}", "    talk:"]
    return "\n".join([*lines, *(f"      - {turn}" for turn in turns)]) + "\n"


def _said(account: str, chance: random.Random) -> Iterator[str]:
    """From the first question to the birth date."""
    if chance.random() < 0.2:
        yield '{silence: yes, says: "I didn\'t hear you", asks: reason}'
    if chance.random() < 0.2:
        yield '{caller: elephants, says: "I didn\'t catch that", asks: reason}'
    if chance.random() < 0.2:
        yield "{caller: repeat that, asks: reason}"
    yield chance.choice(("{caller: It's about my bill., asks: account, within: 1s}", "{keys: 1, asks: account}"))
    if chance.random() < 0.4:
        yield f"{{keys: {account}, asks: birth_date, slot: {{account: {account}}}}}"
        return
    if chance.random() < 0.3:
        other = account[:-1] + chance.choice("123456789".replace(account[-1], ""))
        yield f"{{caller: {spoken(other)}, reads_back: {other}}}"
        yield f'{{caller: "no, it ends in {spoken(account[-2:])}", reads_back: {account}}}'
    else:
        yield f"{{caller: {spoken(account)}, reads_back: {account}}}"
    yield "{caller: yes, asks: birth_date}"


def _ending(account: str, chance: random.Random) -> Iterator[str]:
    born = chance.choice(("keys: 05021980", "caller: May second nineteen eighty"))
    yield (
        f"{{{born}, tool: find_account, with: {{account: {account}}}, "
        f'says: "Ana, your balance is $42.50", never_says: {account}, keeps_out: {account}}}'
    )
    match chance.randrange(4):
        case 0:
            yield "{caller: no, says: Goodbye, end: completed}"
        case 1:
            yield "{keys: 2, says: Goodbye, end: completed}"
        case 2:
            yield "{caller: a person please, transfer: care, end: transferred}"
        case _:
            yield "{hangup: yes, tool: note_call, end: caller_left}"


def spoken(digits: str) -> str:
    return " ".join(_DIGITS[int(digit)] for digit in digits)


def write_project(folder: Path, count: int, seed: int) -> None:
    """The sample line with so many tests, in files of 50."""
    chance = random.Random(seed)
    shutil.copytree(SAMPLE, folder)
    for first in range(0, count, A_FILE):
        tests = "".join(written(number, chance) for number in range(first, min(first + A_FILE, count)))
        text = f"schema: callscript/1\nflow: support\ntests:\n{tests}"
        (folder / "tests" / f"made_{first:05}.test.yaml").write_text(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 if a test failed, or it took too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.scenarios", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "support"
        write_project(folder, options.count, options.seed)
        began = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, "-m", "ivr", "test", str(folder), "--quiet"], cwd=machine.ROOT, check=False
        )
        seconds = time.perf_counter() - began
    print(machine.Machine.this())
    print(f"{options.count} tests in {seconds:.1f} s, {seconds / options.count * 1000:.1f} ms each, files read and all")
    late = seconds > WITHIN_S * options.count / 1000
    if late:
        print(f"that is more than {WITHIN_S:g} s for a thousand")
    return 1 if ran.returncode or late else 0


if __name__ == "__main__":
    raise SystemExit(main())
