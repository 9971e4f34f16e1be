"""Reads a TwiML document into the verbs this telephone can carry out; what it cannot is a fault."""

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from ivr.sim.faults import BAD_TRACK, TWIML_UNKNOWN, TWIML_UNREADABLE

LONGEST_PARAMETER: Final = 500
LONGEST_ROOM: Final = 128


@dataclass(frozen=True, slots=True)
class Connect:
    """`url` as written, relative or absolute; `action` is asked for when the stream ended, None: go on."""

    url: str
    parameters: tuple[tuple[str, str], ...]
    name: str | None
    status_callback: str | None
    action: str | None
    method: str


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class Conference:
    """`ends`: it is over for all when this party leaves."""

    name: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Dial:
    """`targets` are numbers as written or sip: addresses; none where it leads into a conference."""

    targets: tuple[str, ...]
    action: str | None
    method: str
    conference: Conference | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """What is inside is spoken while words or keys are waited for."""

    action: str | None
    method: str
    timeout_s: float
    inside: tuple["Verb", ...]
    hints: tuple[str, ...] = ()
    """Words that are waited for."""


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Play:
    url: str


@dataclass(frozen=True, slots=True)
class Record:
    action: str | None
    method: str


Verb = Connect | Redirect | Hangup | Reject | Dial | Gather | Say | Pause | Play | Record

ATTRIBUTES: Final = {
    tag: frozenset(names.split())
    for tag, names in {
        "Response": "",
        "Connect": "action method",
        "Stream": "url name track statusCallback statusCallbackMethod",
        "Parameter": "name value",
        "Redirect": "method",
        "Hangup": "",
        "Reject": "reason",
        "Dial": "action method timeout timeLimit callerId answerOnBridge hangupOnStar record trim recordingTrack "
        "ringTone recordingStatusCallback recordingStatusCallbackEvent recordingStatusCallbackMethod sequential "
        "referUrl",
        "Number": "url method sendDigits statusCallback statusCallbackEvent statusCallbackMethod byoc machineDetection",
        "Sip": "url method username password statusCallback statusCallbackEvent statusCallbackMethod machineDetection",
        "Conference": "startConferenceOnEnter endConferenceOnExit beep waitUrl waitMethod maxParticipants muted "
        "statusCallback statusCallbackEvent statusCallbackMethod",
        "Gather": "input action method timeout speechTimeout numDigits finishOnKey hints language actionOnEmptyResult "
        "bargeIn profanityFilter speechModel enhanced",
        "Say": "voice language loop",
        "Pause": "length",
        "Play": "loop digits",
        "Record": "action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback "
        "recordingStatusCallbackEvent recordingStatusCallbackMethod",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs in order, and what was wrong as (code, text)."""

    verbs: tuple[Verb, ...]
    faults: tuple[tuple[int | None, str], ...]


def read(text: str) -> Document:
    """A document that does not parse has no verbs; the carrier then asks the fallback or ends the call."""
    if text[:1].isspace():
        return _unreadable("the TwiML begins with blanks")
    if "<!DOCTYPE" in text:
        return _unreadable("the TwiML has a DOCTYPE")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  it is the server under test that wrote it; no DOCTYPE
    except ElementTree.ParseError as error:
        return _unreadable(f"the TwiML does not parse: {error}")
    if root.tag != "Response":
        return _unreadable(f"the TwiML begins with <{root.tag}>, not <Response>")
    reader = _Reader()
    verbs = [verb for element in root if (verb := reader.verb(element)) is not None]
    reader.attributes(root)
    return Document(tuple(verbs), tuple(reader.faults))


def _unreadable(reason: str) -> Document:
    return Document((), ((TWIML_UNREADABLE, reason),))


class _Reader:
    def __init__(self) -> None:
        self.faults: list[tuple[int | None, str]] = []

    def verb(self, element: ElementTree.Element) -> Verb | None:
        self.attributes(element)
        words = (element.text or "").strip()
        match element.tag:
            case "Connect":
                return self._connect(element)
            case "Redirect":
                return Redirect(words, element.get("method", "POST"))
            case "Hangup":
                return Hangup()
            case "Reject":
                return Reject(element.get("reason", "rejected"))
            case "Dial":
                return self._dial(element, words)
            case "Gather":
                return self._gather(element)
            case "Say":
                return Say(words)
            case "Pause":
                return Pause(float(element.get("length", "1")))
            case "Play":
                return Play(words)
            case "Record":
                if not element.get("action"):
                    self._fault(TWIML_UNKNOWN, "a <Record> without an action runs its own document again")
                return Record(element.get("action"), element.get("method", "POST"))
        self._fault(TWIML_UNKNOWN, f"unknown verb <{element.tag}>")
        return None

    def attributes(self, element: ElementTree.Element) -> None:
        known = ATTRIBUTES.get(element.tag)
        for name in element.keys() if known is not None else ():
            if known is not None and name not in known:
                self._fault(TWIML_UNKNOWN, f"<{element.tag}> has the unknown attribute {name}")

    def _connect(self, element: ElementTree.Element) -> Connect | None:
        streams = [child for child in element if child.tag == "Stream"]
        for child in element:
            if child.tag != "Stream":
                self._fault(TWIML_UNKNOWN, f"<Connect> holds <{child.tag}>")
        if len(streams) != 1 or not streams[0].get("url"):
            self._fault(TWIML_UNKNOWN, "<Connect> needs one <Stream> with a url")
            return None
        stream = streams[0]
        self.attributes(stream)
        if stream.get("track", "inbound_track") != "inbound_track":
            self._fault(BAD_TRACK, "a <Stream> inside <Connect> has only the inbound_track")
        return Connect(
            url=stream.get("url", ""),
            parameters=self._parameters(stream),
            name=stream.get("name"),
            status_callback=stream.get("statusCallback"),
            action=element.get("action"),
            method=element.get("method", "POST"),
        )

    def _parameters(self, stream: ElementTree.Element) -> tuple[tuple[str, str], ...]:
        found = []
        for child in stream:
            if child.tag != "Parameter":
                self._fault(TWIML_UNKNOWN, f"<Stream> holds <{child.tag}>")
                continue
            self.attributes(child)
            name, value = child.get("name", ""), child.get("value", "")
            if not name or len(name) + len(value) >= LONGEST_PARAMETER:
                self._fault(TWIML_UNKNOWN, "a <Parameter> needs a name, and name and value are under 500 characters")
            found.append((name, value))
        return tuple(found)

    def _gather(self, element: ElementTree.Element) -> Gather:
        inside = []
        for child in element:
            if child.tag not in ("Say", "Play", "Pause"):
                self._fault(TWIML_UNKNOWN, f"<Gather> holds <{child.tag}>")
            elif (verb := self.verb(child)) is not None:
                inside.append(verb)
        kinds = set(element.get("input", "dtmf").split())
        if not kinds or kinds - {"dtmf", "speech"}:
            self._fault(TWIML_UNKNOWN, "the input of <Gather> is dtmf, speech or both")
        timeout = element.get("timeout", "5")
        if not timeout.isdecimal():
            self._fault(TWIML_UNKNOWN, "the timeout of <Gather> is a whole number of seconds")
        return Gather(
            element.get("action"),
            element.get("method", "POST"),
            float(timeout) if timeout.isdecimal() else 5,
            tuple(inside),
        )

    def _dial(self, element: ElementTree.Element, words: str) -> Dial:
        targets = [words] if words else []
        conference: Conference | None = None
        for child in element:
            self.attributes(child)
            if child.tag in ("Number", "Sip"):
                targets.append((child.text or "").strip())
            elif child.tag == "Conference" and conference is None and not targets:
                conference = self._conference(child)
            else:
                self._fault(TWIML_UNKNOWN, f"<Dial> holds <{child.tag}>, which this telephone cannot dial")
        return Dial(tuple(targets), element.get("action"), element.get("method", "POST"), conference)

    def _conference(self, element: ElementTree.Element) -> Conference:
        name = (element.text or "").strip()
        if not name or len(name) > LONGEST_ROOM:
            self._fault(TWIML_UNKNOWN, f"a <Conference> has a name of at most {LONGEST_ROOM} letters")
        for switch in ("startConferenceOnEnter", "endConferenceOnExit"):
            if element.get(switch, "true") not in ("true", "false"):
                self._fault(TWIML_UNKNOWN, f"{switch} is true or false")
        return Conference(name, element.get("endConferenceOnExit", "false") == "true")

    def _fault(self, code: int, text: str) -> None:
        self.faults.append((code, text))
