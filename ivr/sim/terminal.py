"""A call on the terminal: both sides live, with times, and what it came to."""

from typing import Final

from rich.console import Console
from rich.text import Text

from ivr.sim.caller import Line
from ivr.sim.report import Report

STYLES: Final = {"bot": "cyan", "caller": "green", "keys": "green", "line": "dim"}


class Terminal:
    """Prints as it happens. Colours follow the console's rules (NO_COLOR, pipes)."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, line: Line) -> None:
        """`mm:ss.s  side  text  time to the first sound`."""
        text = Text(f"{_clock(line.at_ms)}  ", style="dim")
        text.append(f"{line.who:<7} {line.text}", style=STYLES.get(line.who, ""))
        if line.took_ms is not None:
            text.append(f"   {line.took_ms / 1000:.2f} s", style="bold")
        self._console.print(text, soft_wrap=True, highlight=False)

    def announce(self, text: str) -> None:
        """Which of several calls comes now."""
        self._say(f"\n{text}", style="bold")

    def summarise(self, report: Report) -> None:
        times = report.response_times_ms()
        middle = (
            f"response {times[(len(times) - 1) // 2]} ms p50, {times[-1]} ms longest"
            if times
            else "no response measured"
        )
        self._say("")
        self._say(
            f"call of {report.duration_ms / 1000:.1f} s, {len(report.turns)} turns, ended as {report.end}; {middle}"
        )
        if report.dialled:
            self._say(f"dialled: {', '.join(report.dialled)}")
        gaps = f"underruns: {report.underruns}"
        if report.underruns:
            gaps += f" (longest {report.longest_underrun_ms} ms)"
        self._say(f"{gaps}; own frames: {report.frames_sent}, late {report.frames_late}, worst {report.latest_ms} ms")
        for text in report.callbacks_unheard:
            self._say(f"callback not taken: {text}")
        if report.unseen:
            self._say(f"not seen from here: {len(report.unseen)} checks ({', '.join(sorted(set(report.unseen)))})")
        for fault in report.faults:
            self._say(f"FAULT {fault.code or ''} at {_clock(fault.at_ms)}: {fault.text}", style="red")
        for failed in report.failed:
            where = f"turn {failed.turn}" if failed.turn else "the call"
            self._say(f"FAILED {where}: {failed.text}", style="red")
        if report.held:
            self._say("all checks held, no faults", style="green")

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True, highlight=False)


def _clock(at_ms: float) -> str:
    tenths = int(at_ms // 100)
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
