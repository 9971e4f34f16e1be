"""The prompts of a bundle that never change: their sound is made before the first caller needs it."""

from collections.abc import Iterable, Iterator

from ivr.flow.flow import Bundle, CallTool, End, Flow, If, Menu, Node, Prompt, Repair, Route, Say, Step, Transfer


def fixed_prompts(bundle: Bundle) -> list[str]:
    """Each once: the greeting's flow first, in the order of the files; then the engine's own sentences."""
    flows = sorted(bundle.flows.values(), key=lambda f: f.name != bundle.entry_default)
    texts = (template.fixed for f in flows for prompt in _of_flow(f) for template in prompt.variants)
    own = (words for words in bundle.words.values() if "{" not in words)
    return list(dict.fromkeys(text for text in (*texts, *own) if text))


def _of_flow(flow: Flow) -> Iterator[Prompt]:
    start = flow.nodes.get(flow.start)
    for node in [*([start] if start is not None else []), *flow.nodes.values()]:
        yield from _of_node(node)
    for slot in flow.slots.values():
        if slot.ask is not None:
            yield slot.ask
    yield from _of_steps(flow.on_error)


def _of_node(node: Node) -> Iterator[Prompt]:
    yield from _of_steps(node.steps)


def _of_steps(steps: Iterable[Step]) -> Iterator[Prompt]:
    for step in steps:
        match step:
            case Say():
                yield step.prompt
            case Menu():
                yield step.prompt
                for option in step.options:
                    yield from _of_steps(option.steps)
            case If():
                yield from _of_steps((*step.then, *step.otherwise))
            case CallTool() | Transfer():
                for route in step.on.values():
                    yield from _of_route(route)
            case End() if step.say is not None:
                yield step.say
            case _:
                pass


def _of_route(route: Route) -> Iterator[Prompt]:
    if not isinstance(route, Repair):
        yield from _of_steps(route)
    elif route.say is not None:
        yield route.say
