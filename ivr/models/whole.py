"""A whole recording in words, a whole text in sound: for files and the command line, where nobody waits on a line."""

from contextlib import aclosing

from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.models import chunks
from ivr.models.deadline import due_in
from ivr.models.ports import Synthesizer, Transcriber, Transcript, Voice
from ivr.units import LINE_RATE_HZ, Millis

PATIENCE_MS = 60_000
"""For each piece of at most 12 s, and for each text."""


async def hear(transcriber: Transcriber, pcm: Pcm) -> Transcript:
    """What is said in a recording of any rate and length, split at its quietest places, not by a detector.

    The score is the mean of the pieces' scores by their length; `ms` is the engine's time in all.

    Raises:
        ModelError: as the engine.
    """
    told: list[Transcript] = []
    for piece in chunks.pieces(resample_whole(pcm, transcriber.rate_hz)):
        told.append(await transcriber.transcribe(chunks.padded(piece), "", due_in(PATIENCE_MS)))
    text = " ".join(part.text for part in told if part.text)
    weighed = [(part.score, len(part.text)) for part in told if part.score is not None and part.text]
    letters = sum(length for _, length in weighed)
    score = sum(score * length for score, length in weighed) / letters if letters else None
    return Transcript(text, score, Millis(sum(part.ms for part in told)))


async def say(synthesizer: Synthesizer, text: str, voice: Voice | None = None) -> Pcm:
    """The text as it would leave on the line, at 8000 Hz.

    Raises:
        ModelError: as the engine.
    """
    sound = b""
    spoken = synthesizer.speak(text, voice or Voice(), due_in(PATIENCE_MS))
    async with aclosing(spoken) as parts:
        async for part in parts:
            if isinstance(part, Pcm):
                sound += resample_whole(part, LINE_RATE_HZ).samples
    return Pcm(sound, LINE_RATE_HZ)
