"""Recorded prompts of a project: `sounds/<language>/<name>.wav`, else `sounds/<name>.wav`."""

import re
from collections.abc import Iterable
from typing import Final

_SOUND: Final = re.compile(r"sounds/(?:([a-z]{2,3}-[A-Z]{2})/)?([A-Za-z0-9_-]+)\.wav")


def sound_names(files: Iterable[str], language: str) -> frozenset[str]:
    """Names of the sounds that can be played in a language."""
    found = (_SOUND.fullmatch(file) for file in files)
    return frozenset(match[2] for match in found if match is not None and match[1] in (None, language))
