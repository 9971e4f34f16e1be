"""A project whose line never tires: no limits, and questions that are asked for ever."""

from typing import Final

_PROJECT: Final = """
schema: callflow/1
project: NAME
zone: Etc/UTC
entry: {default: FLOW}
limits: {call: none, silence: none, turns: none, tries_per_question: none}
trouble:
  no_input: [{say: "{question}"}, {say: "{question}"}, {goto: question}]
  no_match: [{say: "{question}"}, {say: "{question}"}, {goto: question}]
  invalid:  [{say: "{question}"}, {say: "{question}"}, {goto: question}]
"""


def patient_project(name: str, flow: str) -> str:
    """Its project.yaml."""
    return _PROJECT.replace("NAME", name).replace("FLOW", flow)
