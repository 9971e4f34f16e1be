"""The far end of Twilio: places a call on a server and does what its TwiML says, as the carrier would.

Written from the carrier's documents alone, apart from the server's own wire code, so that a mistake there cannot hide
here. What the server does wrong is a Fault with the carrier's own code; the call then goes on as the carrier's would.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

from ivr.sim import faults, twiml
from ivr.sim.dialling import (
    CallEnd,
    Dialled,
    Dialling,
    can_be_dialled,
    dial_result,
    final_status,
    stream_error,
    stream_note,
)
from ivr.sim.faults import Fault
from ivr.sim.line import Line
from ivr.sim.messages import Upward
from ivr.sim.mouth import Mouth, Spoken
from ivr.sim.playback import Playback
from ivr.sim.rooms import Rooms
from ivr.sim.signing import moved, signer
from ivr.sim.stream import CallClock, Ledger, Stream
from ivr.sim.webhooks import Webhooks

MOST_DOCUMENTS: Final = 25
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Network(Protocol):
    """Where attendants are, and where calls may be changed by REST: the exchange."""

    @property
    def rooms(self) -> Rooms: ...

    @property
    def legs(self) -> Sequence[object]: ...

    def know(self, party: "Phone") -> None: ...


class Phone:
    """One phone call. `note` is told what happens on the line, in words; set it before the call. Moments count from
    when the phone was picked up to call (`ledger.clock`)."""

    def __init__(
        self,
        dialling: Dialling,
        *,
        line: Line | None = None,
        mouth: Mouth | None = None,
        exchange: Network | None = None,
    ) -> None:
        """`exchange`: where attendants are, and where this call may be changed by REST."""
        self.dialling = dialling
        self._exchange = exchange
        self._out = asyncio.Event()
        """What is being done is left: the caller hung up, or was sent elsewhere."""
        self._told: str | None = None
        self.call_sid = "CA" + secrets.token_hex(16)
        self.ledger = Ledger()
        self.dialled: list[Dialled] = []
        self.said: list[str] = []
        """What <Say> verbs spoke; such speech is no sound here."""
        self.end: CallEnd | None = None
        self.unheard: list[str] = []
        self.streams = 0
        self.on_line = asyncio.Event()
        """Set while a media stream is open."""
        self._line, self._mouth = line or Line(), mouth or Mouth()
        self.note: Callable[[str], None] = _keep_to_oneself
        self._stream: Stream | None = None
        self._answered = False
        self._left = asyncio.Event()
        self._documents = 0
        self._sign = signer(dialling.auth_token, dialling.base_url, dialling.public_url)

    # what the caller may do

    def speak(self, sound: bytes) -> Spoken:
        """Speaks a line (µ-law) as soon as those before it are spoken."""
        return self._mouth.speak(sound)

    def press(self, keys: str) -> asyncio.Event:
        """Presses keys one after the other, as fast as a human; the event is set when the last is pressed."""
        return self._mouth.press(keys)

    @property
    def sid(self) -> str:
        return self.call_sid

    @property
    def status(self) -> str:
        if self.end is None:
            return "in-progress" if self._answered else "ringing"
        return final_status(self.end)

    def redirect(self, document: str) -> None:
        """REST sends the call elsewhere: its stream ends, and so does what it is doing."""
        self._told = document
        self._out.set()
        if self._stream is not None:
            self._stream.hang_up()

    def hang_up(self) -> None:
        """Ends the call from the caller's side, or by REST."""
        self._left.set()
        self._out.set()
        if self._stream is not None:
            self._stream.hang_up()

    def drop_stream(self) -> None:
        """The carrier loses the media socket, without `stop` or a close; the call goes on with what follows."""
        if self._stream is not None:
            self._stream.drop()

    # what may be seen

    @property
    def playback(self) -> Playback:
        return self.ledger.playback

    @property
    def handed_over(self) -> bool:
        """Somebody was dialled, or rung, for the caller."""
        return bool(self.dialled) or (self._exchange is not None and bool(self._exchange.legs))

    @property
    def faults(self) -> list[Fault]:
        return self.ledger.faults

    def now(self) -> float:
        return self.ledger.clock.now()

    # the call itself

    async def call(self) -> CallEnd:
        """Rings, runs what the server answers and returns when the call is over."""
        if self._exchange is not None:
            self._exchange.know(self)
        self.ledger.clock = CallClock()
        standing = self._standing()
        async with Webhooks(self.ledger, standing, self._sign) as web, asyncio.TaskGroup() as tasks:
            callbacks = tasks.create_task(web.deliver())
            try:
                self.end = await self._run(web)
                duration = {
                    "CallDuration": str(-(-self.end.at_ms // 1000)),
                    "Duration": str(-(-self.end.at_ms // 60000)),
                }
                self._tell_status(web, final_status(self.end), **duration)
                await web.delivered()
            finally:
                callbacks.cancel()
            self.unheard = web.unheard
        self.on_line.set()
        return self.end

    def _standing(self) -> Mapping[str, str]:
        """What stands in every request of this call."""
        dialling = self.dialling
        return {
            "CallSid": self.call_sid,
            "AccountSid": dialling.account_sid,
            "From": dialling.from_number,
            "To": dialling.to_number,
            "Caller": dialling.from_number,
            "Called": dialling.to_number,
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }

    async def _run(self, web: Webhooks) -> CallEnd:
        self._tell_status(web, "initiated")
        self._tell_status(web, "ringing")
        url = self._here("/twilio/voice")
        document = await web.ask(url, {"CallStatus": "ringing"})
        if document is None or any(code == faults.TWIML_UNREADABLE for code, _ in document.faults):
            url = self._here("/twilio/voice/fallback")
            problem = {"ErrorCode": str(self.faults[-1].code), "ErrorUrl": self._here("/twilio/voice")}
            document = await web.ask(url, {"CallStatus": "ringing", **problem})
        if document is not None and document.verbs and isinstance(document.verbs[0], twiml.Reject):
            self.note(f"rejected: {document.verbs[0].reason}")
            return self._ended("rejected", document.verbs[0].reason)
        self._tell_status(web, "in-progress")
        self._answered = True
        return await self._carry_out(url, document, web)

    async def _carry_out(self, url: str, document: twiml.Document | None, web: Webhooks) -> CallEnd:
        """What the answered call is told, document after document."""
        bridged = False
        while document is not None:
            self._documents += 1
            if self._documents > MOST_DOCUMENTS:
                self.ledger.fault(faults.TOO_MANY_REDIRECTS, f"more than {MOST_DOCUMENTS} documents in one call")
                return self._ended("failed", "too many redirects")
            outcome = await self._perform(document.verbs, url, web, bridged=bridged)
            if self._told is not None and not self._left.is_set():
                document, self._told = twiml.read(self._told), None
                self._out.clear()
                continue
            if isinstance(outcome, CallEnd):
                return outcome
            url, document, bridged = outcome
        return self._ended("failed", "no TwiML to go on with")

    async def _perform(
        self, verbs: tuple[twiml.Verb, ...], base: str, web: Webhooks, *, bridged: bool
    ) -> CallEnd | tuple[str, twiml.Document | None, bool]:
        """Runs one document's verbs; the end of the call, or the document that follows with its address."""
        for verb in verbs:
            if self._left.is_set():
                return self._ended("caller_left")
            if self._told is not None:
                return base, None, bridged
            match verb:
                case twiml.Connect():
                    await self._connect(verb, base, web)
                    bridged = False
                    if verb.action and not self._left.is_set():
                        url = urljoin(base, verb.action)
                        return url, await web.ask(url, {"CallStatus": "in-progress"}, verb.method), bridged
                case twiml.Redirect(target, method):
                    url = urljoin(base, target)
                    self.note(f"redirected to {urlsplit(url).path}")
                    return url, await web.ask(url, {"CallStatus": "in-progress"}, method), bridged
                case twiml.Dial():
                    answer = await self._dial(verb)
                    bridged = answer == "answered"
                    if verb.action and not self._out.is_set():
                        url = urljoin(base, verb.action)
                        return (
                            url,
                            await web.ask(url, dial_result(answer, self.dialling.bridged_s), verb.method),
                            bridged,
                        )
                case twiml.Hangup():
                    self.note("the server hangs up")
                    return self._ended("transferred" if bridged else "completed")
                case twiml.Reject(reason):
                    return self._ended("rejected", reason)
                case twiml.Say(text):
                    self.said.append(text)
                    self.note(f"the carrier says: {text}")
                case twiml.Pause(seconds):
                    await self._pause(seconds)
                case twiml.Record():
                    url = urljoin(base, verb.action or base)
                    self.note("the carrier records a message")
                    return url, await web.ask(url, self._message(), verb.method), bridged
                case twiml.Gather():
                    self.ledger.fault(faults.TWIML_UNKNOWN, "<Gather> is not asked of a caller by this telephone")
                case twiml.Play():
                    self.note("<Play> is not played by this telephone")
        if self._left.is_set():
            return self._ended("caller_left")
        self.note("no verb left: the carrier hangs up")
        return self._ended("transferred" if bridged else "completed")

    def _message(self) -> dict[str, str]:
        sid = "RE" + secrets.token_hex(16)
        url = f"https://api.twilio.com/2010-04-01/Accounts/{self.dialling.account_sid}/Recordings/{sid}"
        return {"CallStatus": "in-progress", "RecordingUrl": url, "RecordingDuration": "7", "Digits": "#"}

    async def _connect(self, verb: twiml.Connect, base: str, web: Webhooks) -> None:
        url = self._stream_url(verb.url, base)
        if url is None:
            return
        stream_sid = "MZ" + secrets.token_hex(16)
        status_url = (
            urljoin(base, verb.status_callback) if verb.status_callback else self._here("/twilio/stream-status")
        )
        upward = Upward(account_sid=self.dialling.account_sid, call_sid=self.call_sid, stream_sid=stream_sid)

        def tell(event: str, error: str | None = None) -> None:
            if self.dialling.callbacks:
                web.tell_stream(status_url, event, stream_sid, verb.name or stream_sid, error)

        def started() -> None:
            self.streams += 1
            self.on_line.set()
            self.note("the media stream is open")
            tell("stream-started")

        self._stream = Stream(
            url,
            upward=upward,
            stream_sid=stream_sid,
            parameters=dict(verb.parameters),
            ledger=self.ledger,
            mouth=self._mouth,
            line=self._line,
            signature=self._sign(url, {}),
            on_started=started,
        )
        try:
            end = await self._stream.run()
        finally:
            self._stream = None
            self.on_line.clear()
        self.note(stream_note(end))
        tell("stream-error" if end.by in ("refused", "dropped") else "stream-stopped", stream_error(end))

    def _stream_url(self, written: str, base: str) -> str | None:
        url = urljoin(base.replace("http", "ws", 1), written)
        if self.dialling.public_url:
            url = moved(url, self.dialling.public_url, self.dialling.base_url)
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            self.ledger.fault(faults.BAD_URL, f"the stream's address is {parts.scheme}, not wss")
            return None
        if parts.scheme == "ws" and parts.hostname not in LOOPBACK:
            self.ledger.fault(faults.BAD_SCHEME, "a stream outside this machine needs wss")
            return None
        if parts.query:
            self.ledger.fault(faults.UPGRADE_REFUSED, "the stream's address has a query: it does not arrive")
        return urlunsplit(parts._replace(query="", fragment=""))

    async def _dial(self, verb: twiml.Dial) -> str:
        if verb.conference is not None:
            return await self._meet(verb.conference)
        answers = self.dialling.dial_answers
        answer = answers[min(len(self.dialled), len(answers) - 1)]
        if not verb.targets or not all(can_be_dialled(target) for target in verb.targets):
            self.ledger.fault(faults.BAD_NUMBER, "<Dial> has no number or sip address that can be dialled")
            answer = "failed"
        for target in verb.targets:
            self.dialled.append(Dialled(round(self.now()), target, answer))
            self.note(f"dials {target}: {answer}")
        if answer == "answered":
            await self._pause(self.dialling.bridged_s)
        return answer

    async def _meet(self, conference: twiml.Conference) -> str:
        """In a room with an attendant, until either leaves it."""
        self.note("is joined with the attendant")
        if self._exchange is None:
            self.ledger.fault(faults.BAD_NUMBER, "this telephone knows of no conferences")
            return "failed"
        self.dialled.append(Dialled(round(self.now()), "an attendant", "answered"))
        await self._exchange.rooms.sit(conference.name, self.sid, self._out, ends=conference.ends, stays_s=None)
        return "answered"

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._out.wait()
        except TimeoutError:
            return

    def _tell_status(self, web: Webhooks, status: str, **more: str) -> None:
        if self.dialling.callbacks:
            web.tell_status(self._here("/twilio/status"), status, **more)

    def _here(self, path: str) -> str:
        return self.dialling.base_url.rstrip("/") + path

    def _ended(self, how: str, reason: str | None = None) -> CallEnd:
        return CallEnd(how, round(self.now()), reason)


def _keep_to_oneself(_note: str) -> None:
    return
