"""The process that speaks: a line of JSON in, samples out. py-nanotts holds the interpreter's lock while it works, so
it must not share a process with calls. Run by its path, with nothing of ours imported, so that it starts at once.

In: {"text": ..., "voice": ..., "speed": 1.0, "pitch": 1.0} and a line end. Out: four bytes of length, little-endian,
and that many bytes of signed 16-bit samples at 16000 Hz; the length 0xFFFFFFFF says that the text could not be spoken.
"""

import json
import os
import sys

FAILED = 0xFFFFFFFF
VOLUME = 0.3  # at 1.0 the engine clips; so much gives about -20 dBFS


def main() -> None:
    # What the library prints must not come between the samples.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import py_nanotts

    voice = py_nanotts.NanoTTS()
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            manner = {"speed": request["speed"], "pitch": request["pitch"]}
            samples = voice.speak(request["text"], voice=request["voice"], volume=VOLUME, **manner)
        except (RuntimeError, ValueError, MemoryError):
            out.write(FAILED.to_bytes(4, "little"))
        else:
            out.write(len(samples).to_bytes(4, "little") + samples)
        out.flush()


if __name__ == "__main__":
    main()
