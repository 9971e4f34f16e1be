"""Messages and what runs after a call: nothing secret leaves in words, and nothing waits for a caller who is gone."""

import re
from collections.abc import Iterator
from typing import Final

from ivr.flow.checks.walk import all_steps, own_steps
from ivr.flow.flow import Flow, If, Page, Post, SetStep, Step, TextMessage, ToolSpec
from ivr.flow.grammar.tree import Field
from ivr.flow.messages import Message
from ivr.flow.types import Privacy

AFTER: Final = (If, SetStep, TextMessage, Post, Page)
"""What may stand under `after_call`: nothing of it waits."""
_KEY_NAMES: Final = re.compile(r"authorization|cookie|(?:x-)?(?:api[-_]?)?(?:key|token|secret)|password|passwd", re.I)


def check_sends(flow: Flow, privacy: dict[str, Privacy]) -> Iterator[Message]:
    hard = {name for name, class_ in privacy.items() if class_ in (Privacy.PCI, Privacy.SECRET)}
    for step in own_steps(flow):
        for field in _sent_fields(step):
            if field.path[0] in hard:
                text = f'"{{{field.path[0]}}}" must not leave in a message: whoever reads it would have it.'
                fix = "Send it by a tool, in its body: and over https."
                yield Message(field.place, "IVR504", text, width=len(field.path[0]), fix=fix)


def _sent_fields(step: Step) -> Iterator[Field]:
    match step:
        case TextMessage():
            yield from step.body.fields
        case Page():
            yield from step.text.fields
        case Post():
            body = step.body.templates() if step.body is not None else ()
            for template in (*body, *step.segments):
                yield from template.fields
        case _:
            pass


def check_after_call(flow: Flow) -> Iterator[Message]:
    for step in all_steps(flow.after_call):
        if not isinstance(step, AFTER):
            text = "The call is over when after_call runs: nobody hears this, and nothing is waited for."
            fix = "Take it out. What is to be known somewhere leaves by  post:,  text:  or  page:."
            yield Message(step.place, "IVR143", text, fix=fix)


def check_written_keys(tool: ToolSpec) -> Iterator[Message]:
    """A key to a back end that stands in the flow's own text."""
    for name, template in (*tool.headers.items(), *tool.query.items()):
        if _KEY_NAMES.fullmatch(name) and template.fixed:
            text = f"{name} is written into the flow: whoever can read it could use it."
            fix = f"List it under secrets: and write  auth: {{header: {name}, secret: NAME}}."
            yield Message(template.place, "IVR510", text, width=len(template.fixed), fix=fix)
