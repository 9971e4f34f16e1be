"""`text`, `post` and `page` leave in the background and never hold up the caller; `callback` is booked."""

from ivr.flow.flow import Auth, Callback, Page, Post, Retry, TextMessage
from ivr.flow.grammar.tree import Field, Template
from ivr.flow.spoken.masks import DOTS, mask
from ivr.flow.spoken.writing import json_value, plain_text, write_value
from ivr.flow.state import Await, BookCallback, CallbackBooked, Doing, Phrase, Send
from ivr.flow.steps import faults
from ivr.flow.steps.call import route
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import labels_of
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Value

CALLER = "caller"
"""The receiver that is the caller's own number."""
GRACE_MS = 6_000
"""So long it may take until a callback is written down; then it has failed."""


def text(work: Work, step: TextMessage) -> None:
    number = work.state.caller if step.to == CALLER else work.bundle.contacts[step.to].sms
    if number:
        body = _caller_phrase(work, step.body) if step.to == CALLER else written_phrase(work, step.body)
        _send(work, Send(work.next_id(), "text", step.to, number=number, text=body.text, shown=body.shown))
    else:
        work.note("error", step.to, "no text: the caller's number is not known", step.place)
    work.next()


def page(work: Work, step: Page) -> None:
    contact = work.bundle.contacts[step.contact]
    words = written_phrase(work, step.text)
    page_id = work.next_id()
    if contact.sms is not None:
        _send(work, Send(page_id, "page", contact.name, number=contact.sms, text=words.text, shown=words.shown))
    else:
        body: dict[str, object] = {"text": words.text, "call": str(work.state.call)}
        _post(work, page_id, "page", contact.name, contact.api, contact.segments, body, contact.auth, Retry(), words)
    work.next()


def post(work: Work, step: Post) -> None:
    body = {} if step.body is None else step.body.filled_in(lambda entry: _leaf(work, entry))
    if step.contact is not None:
        contact = work.bundle.contacts[step.contact]
        api, segments, auth = contact.api, contact.segments, step.auth or contact.auth
    else:
        segments = tuple(_segment(work, segment) for segment in step.segments)
        api, auth = step.api, step.auth
    name = step.contact or step.api
    if all(segments):
        _post(work, work.next_id(), "post", name, api, segments, body, auth, step.retry, Phrase("", ""))
    else:
        work.note("error", name, "not posted: a piece of the address is empty", step.place)
    work.next()


def _post(
    work: Work,
    id: str,
    kind: str,
    name: str,
    api: str,
    segments: tuple[str, ...],
    body: dict[str, object],
    auth: Auth | None,
    retry: Retry,
    words: Phrase,
) -> None:
    assert kind in ("post", "page")
    sent = Send(
        id,
        "page" if kind == "page" else "post",
        name,
        api=api,
        segments=segments,
        body=body,
        auth=auth,
        retry=retry,
        shown=words.shown,
    )
    _send(work, sent)


def _send(work: Work, send: Send) -> None:
    work.note("tool", send.name, send.kind)
    work.emit(send)


# ---- what is sent


def _caller_phrase(work: Work, template: Template) -> Phrase:
    """A caller reads the language of the call."""
    language = work.state.language
    return written_phrase(work, template.others.get(language, template), language)


def written_phrase(work: Work, template: Template, language: str | None = None) -> Phrase:
    """The words as they are read, and masked. An empty value is said to be not given. `language`: None is the
    project's own."""
    language = language or work.bundle.language
    parts = [Phrase(p, p) if isinstance(p, str) else _written(work, p, language) for p in template.parts]
    return Phrase("".join(p.text for p in parts), "".join(p.shown for p in parts), fixed=False)


def _written(work: Work, field: Field, language: str) -> Phrase:
    value = work.value(field.path)
    if value is None:
        empty = field.fallback if field.fallback is not None else work.bundle.words_in(language)["not_given"]
        return Phrase(empty, empty)
    spec = work.flow.slots.get(field.path[0])
    other = language != work.bundle.language and field.labels is not None and spec is not None
    labels = labels_of(spec, language) if other and spec is not None else field.labels
    written = write_value(
        value,
        field.type,
        field.form,
        now=work.now,
        language=language,
        currency=field.currency,
        labels=labels,
    )
    privacy = work.privacy(field.path[0])
    if privacy is Privacy.OPEN and field.path != ("call", "from"):
        return Phrase(written, written)
    return Phrase(written, DOTS if privacy is Privacy.SECRET else mask(value, field.type))


def _segment(work: Work, template: Template) -> str:
    """Empty where a value in it is."""
    found = [p if isinstance(p, str) else _plain(work, p) for p in template.parts]
    return "" if None in found else "".join(part for part in found if part is not None)


def _plain(work: Work, field: Field) -> str | None:
    value = work.value(field.path)
    return field.fallback if value is None else plain_text(value)


def _leaf(work: Work, entry: Template) -> object:
    only = entry.parts[0] if len(entry.parts) == 1 else None
    if isinstance(only, Field) and only.form is None:
        value = work.value(only.path)
        return only.fallback if value is None else json_value(value)
    return written_phrase(work, entry).text


# ---- callback


def callback(work: Work, step: Callback) -> None:
    """Written down, so that somebody calls: the walk waits until it is."""
    number = _number(work, step.to)
    if number is None:
        work.note("error", step.target, "no callback: the number to call is not known", step.place)
        _answer(work, step, "failed")
        return
    booking = work.next_id()
    waited = Await("callback", step.target, type(work.at_ms)(work.at_ms + GRACE_MS), changes_world=True)
    work.state = replace(work.state, awaiting={**work.state.awaiting, booking: waited}, calling=booking)
    work.note("tool", step.target, "callback", step.place)
    work.emit(BookCallback(booking, step.target, number, step.within_ms))
    work.wake(f"{booking}:deadline", work.at_ms + GRACE_MS)
    work.wait(Doing.ENDING if work.mute else Doing.CALLING)


def book_again(work: Work, booking: str) -> None:
    """The stream is back, perhaps in another process: the same booking, which is kept once however often it is
    asked for."""
    step = work.step()
    assert isinstance(step, Callback)
    number = _number(work, step.to)
    if number is not None:
        work.emit(BookCallback(booking, step.target, number, step.within_ms))
    work.wake(f"{booking}:deadline", work.at_ms + GRACE_MS)


def _number(work: Work, to: str) -> str | None:
    if to == CALLER:
        return work.state.caller or None
    value: Value | None = work.value((to,))
    return value if isinstance(value, str) else None


def booked(work: Work, event: CallbackBooked) -> None:
    """It is written down, or could not be."""
    waited = work.state.awaiting[event.id]
    here = work.state.calling == event.id
    awaiting = {key: held for key, held in work.state.awaiting.items() if key != event.id}
    work.state = replace(work.state, awaiting=awaiting, calling=None if here else work.state.calling)
    work.wake(f"{event.id}:deadline", None)
    if here:
        step = work.step()
        assert isinstance(step, Callback)
        work.note("tool", waited.what, event.result, step.place)
        work.walking = True
        _answer(work, step, event.result)
    else:
        work.note("tool", waited.what, event.result)


def _answer(work: Work, step: Callback, result: str) -> None:
    """`booked` goes on and `failed` is an error, where they have no way of their own."""
    if result in step.on:
        route(work, step, result)
    elif result == "failed" and not work.mute:
        faults.fault(work, "the callback could not be booked")
    else:
        work.next()
