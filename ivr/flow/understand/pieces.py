"""An answer said in pieces, with a pause between them."""

_STOPS = " \t\n.,;:!?…-"


def join(earlier: str, later: str) -> str:
    """Both utterances as one: "one two three four." and "five six" are "one two three four, five six"."""
    head, tail = earlier.rstrip(_STOPS), later.strip()
    if not head or not tail:
        return head or tail
    return f"{head}, {tail}"
