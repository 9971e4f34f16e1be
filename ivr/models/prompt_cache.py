"""Prompts that do not change, kept as they leave: µ-law, one piece a sentence."""

from collections import OrderedDict

from ivr.models.ports import Voice
from ivr.units import LINE_RATE_HZ

Prompt = tuple[bytes, ...]
"""µ-law, one piece a sentence, in order."""

_ENTRY_BYTES = 200
"""What an entry takes beside its sound and its text, roughly."""


class PromptCache:
    """The prompts used last, up to `max_bytes` in all; one that alone is larger than that is not kept."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size_bytes = 0
        self._kept: OrderedDict[tuple[str, Voice, int], Prompt] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str, voice: Voice, rate_hz: int = LINE_RATE_HZ) -> Prompt | None:
        """None: not kept (or no longer)."""
        key = (text, voice, rate_hz)
        prompt = self._kept.get(key)
        if prompt is not None:
            self._kept.move_to_end(key)
        return prompt

    def put(self, text: str, voice: Voice, prompt: Prompt, rate_hz: int = LINE_RATE_HZ) -> None:
        key = (text, voice, rate_hz)
        if (old := self._kept.pop(key, None)) is not None:
            self.size_bytes -= _cost(text, old)
        cost = _cost(text, prompt)
        if cost > self.max_bytes:
            return
        self._kept[key] = prompt
        self.size_bytes += cost
        while self.size_bytes > self.max_bytes:
            (gone, _, _), forgotten = self._kept.popitem(last=False)
            self.size_bytes -= _cost(gone, forgotten)


def _cost(text: str, prompt: Prompt) -> int:
    return _ENTRY_BYTES + 2 * len(text) + sum(len(piece) for piece in prompt)
