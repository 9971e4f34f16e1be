"""A flow tried by text: the engine's own loop with a scripted shell and a virtual clock. Pure."""

from ivr.call.textrun.answers import Answers
from ivr.call.textrun.conversation import Conversation, as_scenario
from ivr.call.textrun.coverage import KINDS, Survey, Way
from ivr.call.textrun.from_journal import Script, played, script_of
from ivr.call.textrun.happenings import (
    AttendantPressed,
    AttendantSpoke,
    BotSpoke,
    CallEnded,
    CallerHungUp,
    CallerPressed,
    CallerSpoke,
    CallerWasSilent,
    Dialled,
    Happening,
    Noted,
    Sent,
    ToolCalled,
    Whispered,
)
from ivr.call.textrun.line import TextCall
from ivr.call.textrun.runner import Failure, LiveTool, Report, Scripted, run_scenario, start_state
from ivr.call.textrun.telling import clock, line, reasons, shown, transcript
from ivr.call.textrun.written import as_written, same_value

__all__ = [
    "KINDS",
    "Answers",
    "AttendantPressed",
    "AttendantSpoke",
    "BotSpoke",
    "CallEnded",
    "CallerHungUp",
    "CallerPressed",
    "CallerSpoke",
    "CallerWasSilent",
    "Conversation",
    "Dialled",
    "Failure",
    "Happening",
    "LiveTool",
    "Noted",
    "Report",
    "Script",
    "Scripted",
    "Sent",
    "Survey",
    "TextCall",
    "ToolCalled",
    "Way",
    "Whispered",
    "as_scenario",
    "as_written",
    "clock",
    "line",
    "played",
    "reasons",
    "run_scenario",
    "same_value",
    "script_of",
    "shown",
    "start_state",
    "transcript",
]
