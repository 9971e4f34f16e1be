"""One leg that the server placed by REST: the person at its far end, and the TwiML it is told to run."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from ivr.sim import twiml
from ivr.sim.rooms import Rooms
from ivr.sim.webhooks import Webhooks

MOST_DOCUMENTS: Final = 25
BEFORE_ANSWER: Final = ("busy", "no-answer", "failed")


@dataclass(frozen=True, slots=True)
class Attendant:
    """How somebody behaves who is rung. `answers`: answered, busy, no-answer, failed. `does`: at each question in
    turn, the last one repeating: keys, words, `takes` (the words that are waited for, or key 1), `hangs up`, or nothing
    (empty), each after `thinks_s`. `stays_s`: how long after the caller came into the room; None: until the caller
    leaves."""

    answers: str = "answered"
    after_s: float = 0.05
    does: tuple[str, ...] = ("takes",)
    stays_s: float | None = 0.4
    thinks_s: float = 0.0


@dataclass(slots=True)
class Leg:
    sid: str
    to: str
    from_: str
    url: str | None
    document: str | None
    status_url: str | None
    person: Attendant
    status: str = "queued"
    said: list[str] = field(default_factory=list)
    """What the person heard the carrier say."""
    out: asyncio.Event = field(default_factory=asyncio.Event)
    """What is being done is left: hung up, or sent elsewhere."""
    told: str | None = None
    """TwiML it was sent to by REST."""
    ended: bool = False
    asked: int = 0

    @property
    def over(self) -> bool:
        return self.status in ("completed", "busy", "failed", "no-answer", "canceled")

    # ---- what REST may do to it

    def redirect(self, document: str) -> None:
        self.told = document
        self.out.set()

    def hang_up(self) -> None:
        self.ended = True
        self.out.set()

    # ---- its life

    async def run(self, web: Webhooks, rooms: Rooms) -> None:
        self._tell(web, "initiated")
        self._tell(web, "ringing")
        self.status = "ringing"
        with suppress(TimeoutError):
            async with asyncio.timeout(self.person.after_s):
                await self.out.wait()
        if self.ended:
            self._end(web, "canceled")
        elif self.person.answers in BEFORE_ANSWER:
            self._end(web, self.person.answers)
        else:
            self.status = "in-progress"
            self._tell(web, "in-progress")
            await self._talk(web, rooms)
            self._end(web, "completed")
        await web.delivered()

    def _tell(self, web: Webhooks, status: str) -> None:
        if self.status_url is not None and status in ("completed", *BEFORE_ANSWER, "canceled"):
            web.tell_status(self.status_url, status)

    def _end(self, web: Webhooks, status: str) -> None:
        self.status = status
        self._tell(web, status)

    async def _talk(self, web: Webhooks, rooms: Rooms) -> None:
        base, document = self.url or "", None if self.url is None else await web.ask(self.url, _in_progress())
        if self.document is not None and self.url is None:
            document = twiml.read(self.document)
        for _ in range(MOST_DOCUMENTS):
            if document is None:
                return
            following = await self._perform(document, base, web, rooms)
            if self.told is not None:
                document, self.told = twiml.read(self.told), None
                self.out = asyncio.Event()
                continue
            if following is None or self.ended:
                return
            base, document = following

    async def _perform(
        self, document: twiml.Document, base: str, web: Webhooks, rooms: Rooms
    ) -> tuple[str, twiml.Document | None] | None:
        """The document that follows with its address; None: the leg is over."""
        for verb in document.verbs:
            if self.out.is_set():
                return None
            match verb:
                case twiml.Say(text):
                    self.said.append(text)
                case twiml.Gather():
                    self.said += [inner.text for inner in verb.inside if isinstance(inner, twiml.Say)]
                    answer = self._answer(verb)
                    await self._thinks()
                    if answer == "hangs up":
                        return None
                    if answer:
                        url = urljoin(base, verb.action or base)
                        return url, await web.ask(url, _gathered(answer), verb.method)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(verb.timeout_s):
                            await self.out.wait()
                case twiml.Redirect(target, method):
                    url = urljoin(base, target)
                    return url, await web.ask(url, _in_progress(), method)
                case twiml.Dial() if verb.conference is not None:
                    how = await rooms.sit(
                        verb.conference.name, self.sid, self.out, ends=verb.conference.ends, stays_s=self.person.stays_s
                    )
                    if how == "left":
                        return None
                    if verb.action is not None:
                        url = urljoin(base, verb.action)
                        return url, await web.ask(url, {**_in_progress(), "DialCallStatus": "answered"}, verb.method)
                case twiml.Hangup():
                    return None
                case twiml.Pause(seconds):
                    await asyncio.sleep(seconds)
                case _:
                    continue
        return None

    async def _thinks(self) -> None:
        if self.person.thinks_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.person.thinks_s):
                    await self.out.wait()

    def _answer(self, question: twiml.Gather) -> str:
        does = self.person.does
        self.asked += 1
        answer = does[min(self.asked, len(does)) - 1] if does else ""
        return (question.hints or ("1",))[0] if answer == "takes" else answer


def _in_progress() -> dict[str, str]:
    return {"CallStatus": "in-progress"}


def _gathered(answer: str) -> Mapping[str, str]:
    if set(answer) <= set("0123456789*#"):
        return {**_in_progress(), "Digits": answer, "msg": "Gather End"}
    return {**_in_progress(), "SpeechResult": answer, "Confidence": "0.9"}
