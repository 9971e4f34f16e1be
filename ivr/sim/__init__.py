"""A telephone without a telephone company: the far end of Twilio, faithful and strict, and a caller with a script."""

from ivr.sim.caller import Caller, Line, Patience, spoken_lines
from ivr.sim.dialling import CallEnd, Dialling
from ivr.sim.fake_twilio import Phone
from ivr.sim.faults import Fault
from ivr.sim.line import LineSettings, caller_speech, pass_through
from ivr.sim.report import Report
from ivr.sim.script import Script, Turn, from_acts, read_option
from ivr.sim.truth import stereo_wav

__all__ = [
    "CallEnd",
    "Caller",
    "Dialling",
    "Fault",
    "Line",
    "LineSettings",
    "Patience",
    "Phone",
    "Report",
    "Script",
    "Turn",
    "caller_speech",
    "from_acts",
    "pass_through",
    "read_option",
    "spoken_lines",
    "stereo_wav",
]
