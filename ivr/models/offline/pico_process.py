"""One voice process, driven from one thread at a time: started, asked, given up when it hangs, ended."""

import json
import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

WORKER = Path(__file__).with_name("pico_worker.py")
FAILED = 0xFFFFFFFF
STILL_KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH")
"""All of our environment that a voice needs; no secret goes there."""
_END_S = 2.0


class PicoDied(Exception):
    """The process ended, or hung and was ended, before it had answered."""


class PicoProcess:
    """Speaks one text at a time, so fast and so high (1.0: as it is made). After PicoDied the next request starts a new
    process."""

    def __init__(self, *, speed: float = 1.0, pitch: float = 1.0) -> None:
        self._manner = {"speed": speed, "pitch": pitch}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """None while no process runs."""
        return None if self._process is None else self._process.pid

    def speak(self, text: str, voice: str, timeout_s: float) -> bytes | None:
        """Signed 16-bit samples at 16000 Hz; None: the engine refused the text.

        Raises:
            PicoDied: no answer came.
        """
        process = self._process or self._start()
        try:
            assert process.stdin is not None
            asked = {"text": text, "voice": voice} | self._manner
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            until = time.monotonic() + timeout_s
            length = int.from_bytes(_read(process, 4, until), "little")
            return None if length == FAILED else _read(process, length, until)
        except (OSError, PicoDied) as error:
            self.close(at_once=True)
            raise PicoDied("the voice process gave no answer") from error

    def close(self, *, at_once: bool = False) -> None:
        """Ends the process: it goes when its input closes, or is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        if at_once:
            process.kill()
        with suppress(OSError):  # what was not written goes with the process
            process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in STILL_KEPT if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            start_new_session=True,  # a Ctrl-C at the terminal is for the server alone
        )
        return self._process


def _read(process: subprocess.Popen[bytes], count: int, until: float) -> bytes:
    assert process.stdout is not None
    file = process.stdout.fileno()
    got = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        while len(got) < count:
            if not selector.select(max(0.0, until - time.monotonic())):
                raise PicoDied("it hung")
            part = os.read(file, count - len(got))
            if not part:
                raise PicoDied("it ended")
            got += part
    return bytes(got)
