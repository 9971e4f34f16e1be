"""Which names may be empty where they are used, reckoned along all ways through a flow.

A name is certainly filled at a step when every way to it fills it. A command or a rung may leave a question before it
is answered, a tool's values are there only on the way of their result, and what a look-up kept is gone when a value it
was asked with is forgotten.
"""

from collections.abc import Collection, Iterator, Mapping

from ivr.flow.checks.filling.kin import Kin
from ivr.flow.checks.filling.reckoning import Families, Reckoning
from ivr.flow.flow import Flow
from ivr.flow.messages import Message
from ivr.flow.text import Place


def check_filling(flows: Mapping[str, Flow], whole: Collection[str]) -> Iterator[Message]:
    """All flows of a project: a sub-flow is checked with the facts that hold where it is run. `whole`: those that could
    be read; of others what may only follow from a mistake is not told."""
    families = Families(Kin(flows))
    kin = families.kin
    whole = {name for name in whole if kin.run_by(name) <= set(whole)}
    messages: dict[tuple[Place, str], Message] = {}
    checked: set[tuple[str, frozenset[str]]] = set()
    never_run = [name for name in flows if not kin.runners(name)]
    for first in (*never_run, *flows):  # those of a circle are told elsewhere, and checked by themselves
        entries = [(first, frozenset[str]())] if first not in {name for name, _ in checked} else []
        while entries:
            entry = entries.pop()
            if entry in checked:
                continue
            checked.add(entry)
            if entry[0] in whole:
                reckoning = Reckoning(families, flows[entry[0]], entry[1])
                reckoning.settle()
                for message in reckoning.told():
                    messages.setdefault((message.place, message.code), message)
                entries += reckoning.entered
    yield from messages.values()
