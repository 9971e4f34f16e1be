"""How long `ivr check` takes for a large project: `python -m bench.check [LINES]`. Goal: 2,000 lines within 2 s of CPU.

The project is made: each flow has a dozen nodes with questions, menus, look-ups and conditions, and tests of its own.
"""

import sys
import tempfile
import time
from pathlib import Path

from ivr.catalog import examine_folder

FLOW = """\
schema: callflow/1
flow: {name}
start: n0
slots:
  account:
    type: digits
    length: 8
    private: pii
    ask: What is your account number?
    confirm: if spoken
  reason:
    type: choice
    options:
      bill: {{hear: [bill, balance], key: "1"}}
      fault: {{hear: [fault, not working], key: "2"}}
    ask: Is it about your bill or a fault?
tools:
  find:
    http: GET crm/v1/accounts/{{account}}
    results:
      ok: {{status: 200, keep: {{first_name: $.first as name, balance: $.balance as money}}}}
      not_found: {{status: 404}}
nodes:
"""
NODE = """\
  n{at}:
    - ask: [account, reason]
    - if: reason is "fault"
      then: {{goto: person}}
    - call: find
      on:
        ok: [{{say: "{{first_name}}, your balance is {{balance}}."}}, {{goto: m{at}}}]
        not_found: {{say: I can't find that number., retry: account, times: 2, leave: person}}
        failed: {{goto: person}}
  m{at}:
    - menu: Anything else?
      options:
        more: {{hear: [yes, something else], key: "1", do: [{{forget: [account, reason]}}, {{goto: n{next}}}]}}
        done: {{hear: [no, that's all], key: "2", goto: bye}}
"""
END = """\
  person: [{{transfer: care, on: {{no_answer: {{goto: bye}}, failed: {{goto: bye}}}}}}]
  bye: [{{end: Goodbye.}}]
"""
PROJECT = """\
schema: callflow/1
project: large
zone: Europe/Berlin
entry: {default: f0}
apis: {crm: {url: https://crm.example.com}}
targets: {care: {number: "+15550107788"}}
commands: {operator: {hear: [a person, operator], key: "0", goto: person}}
limits: {turns: 60}
"""
NODES = 12
GOAL_S = 2.0


def write_project(folder: Path, lines: int) -> int:
    """Lines written."""
    (folder / "project.yaml").write_text(PROJECT, encoding="utf-8")
    written = PROJECT.count("\n")
    number = 0
    while written < lines:
        nodes = "".join(NODE.format(at=at, next=(at + 1) % NODES) for at in range(NODES))
        text = FLOW.format(name=f"f{number}") + nodes + END.format()
        (folder / f"f{number}.flow.yaml").write_text(text, encoding="utf-8")
        written += text.count("\n")
        number += 1
    return written


def main() -> int:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        written = write_project(folder, lines)
        began = time.process_time()
        checked = examine_folder(folder)
        spent = time.process_time() - began
        files = len(checked.files)
    wrong = [str(message) for message in checked.messages if message.severity == "error"]
    print(f"{written} lines in {files} files: {spent:.2f} s of CPU (goal {GOAL_S:.0f} s), {len(wrong)} errors")
    if wrong:
        print(wrong[0])
    return 0 if spent < GOAL_S and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
