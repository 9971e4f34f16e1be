"""Words that were written and not said: nobody misheard them."""

from dataclasses import replace

from ivr.flow.state import Reading
from ivr.flow.types import Source


def in_writing(reading: Reading) -> Reading:
    """The same, as written: values of speech stand as the caller wrote them, those of a model stay a model's."""
    fills = tuple(replace(f, source=Source.WRITTEN) if f.source is Source.SPEECH else f for f in reading.fills)
    return replace(reading, fills=fills)
