"""python -m bench.understood: how many spoken answers need no model.

Plays the tests of the sample lines (and the sample line's own, by the hundred, as bench.scenarios makes them) and tells
of each spoken answer what a call would do with a model at hand: nothing, since the words tell enough; ask it, since
they are of no use or doubtful; or not ask it all the same, since it must not hear of it (pii, pci, secret), or since
any words would do. By text the words are what the caller said; a recogniser's mistakes come on top.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import machine
from bench.engine import calls_of
from bench.scenarios import write_project
from ivr.call.words import is_doubtful
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Type
from ivr.flow.understand import heard_tool, phrases


def answers(
    bundle: Bundle, state: flow.CallState, events: Sequence[flow.Event], *, private: bool
) -> Iterator[tuple[str, str]]:
    """What becomes of each, and its type. `private`: the model may have values of class pii."""
    for event in events:
        listen = state.listening
        if isinstance(event, flow.Heard) and listen is not None and listen.id == event.listen:
            asked = listen.confirming or (listen.expects[0] if listen.expects else None)
            kind = "read back" if listen.confirming is not None else "" if asked is None else asked.type.value
            talks = asked is not None and asked.type is Type.TEXT
            if not is_doubtful(event.reading):
                yield "talk" if talks else "by words", kind
            elif heard_tool(listen, private=private) is None:
                yield "not asked", kind
            else:
                yield "similarity, then a model" if phrases(listen) else "a model", kind
        state, _ = engine.step(bundle, state, event)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.understood", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="tests made of the sample line")
    parser.add_argument("--private", action="store_true", help="the model may have values of class pii")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        made = Path(home) / "support"
        write_project(made, options.count, seed=1)
        folders = sorted(file.parent for file in (machine.ROOT / "flows").glob("*/project.yaml"))
        calls = [call for folder in (*folders, made) for call in calls_of(folder)]
    found = Counter(one for call in calls for one in answers(*call, private=options.private))
    total = sum(found.values())
    print(f"{len(calls)} calls, {total} spoken answers")
    ways = sorted({way for way, _ in found})
    for way in ways:
        of_way = {kind: count for (is_way, kind), count in found.items() if is_way == way}
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(of_way.items(), key=lambda one: -one[1]))
        print(f"{way:<26}{sum(of_way.values()):>6}{sum(of_way.values()) / total:>8.1%}  {kinds}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
