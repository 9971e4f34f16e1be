"""A call that we made: who or what has answered, and a word left behind the tone of a machine."""

from collections.abc import Iterator

import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.flow.flow import Bundle, Detect
from ivr.flow.understand.answerers import answered_by
from ivr.units import FRAME_BYTES, FRAME_MS, LINE_RATE_HZ
from tests.call.desk import Desk
from tests.flow.language.test_calls_we_make import FLOW, REMINDS
from tests.flow.language.trial import load

GREETING = "You have reached the Smiths, please leave your message after the tone"
WORD = "Please call Harbour about your account."


def beep(hz: float, ms: int) -> bytes:
    at = np.arange(ms * LINE_RATE_HZ // 1000) / LINE_RATE_HZ
    return mulaw.encode(Pcm.of(6000 * np.sin(2 * np.pi * hz * at), LINE_RATE_HZ))


class FarDesk(Desk):
    """Whoever is called has a line too."""

    def tone(self, hz: float, ms: int) -> None:
        whole, began = beep(hz, ms), self.now
        self.sound = lambda now: whole[(now - began - FRAME_MS) * 8 :][:FRAME_BYTES]
        self._run(ms, 0.0)
        self.sound = None


@pytest.fixture
def bundle() -> Bundle:
    loaded = load(
        FLOW.replace("{name}, {due as money} is due by {last_day as day}. ", ""), REMINDS + "entry: {default: line}\n"
    )
    assert loaded.bundle is not None, loaded.messages
    return loaded.bundle


def called(bundle: Bundle, *hears: str | None, detect: Detect | None = None) -> FarDesk:
    words: Iterator[str | None] = iter((*hears, ""))
    return FarDesk(bundle, hears=lambda asked: next(words), begins=ev.Answered(detect=detect or Detect()))


def answered(desk: Desk) -> str | None:
    return desk.call.state.answered_by


def test_a_person_says_hello_and_is_answered(bundle: Bundle) -> None:
    desk = called(bundle, "Hello?")
    desk.wait(400)
    desk.speak(600)
    assert desk.said == []
    desk.wait(900)
    assert answered(desk) == "person"
    assert desk.said == ["Will you pay a part of it today?"]


def test_who_says_nothing_is_spoken_to(bundle: Bundle) -> None:
    desk = called(bundle)
    desk.wait(1900)
    assert answered(desk) is None
    desk.wait(200)
    assert (answered(desk), desk.said) == ("person", ["Will you pay a part of it today?"])


def test_a_click_is_no_answer(bundle: Bundle) -> None:
    desk = called(bundle, "")
    desk.wait(1000)
    desk.speak(200)
    desk.wait(1500)
    assert answered(desk) is None
    desk.wait(1500)
    assert answered(desk) == "person"


def test_a_machine_is_left_a_word_behind_its_tone(bundle: Bundle) -> None:
    desk = called(bundle, GREETING)
    desk.wait(300)
    desk.speak(3000)
    desk.wait(500)
    assert answered(desk) == "machine"
    desk.wait(1500)
    assert desk.said == [] and desk.count(fx.Leave) == 0
    desk.tone(1000, 400)
    desk.wait(100)
    assert desk.said == [WORD]
    desk.heard_out()
    leave = desk.last(fx.Leave)
    assert isinstance(leave, fx.Leave) and leave.intent == "hang_up"
    assert desk.call.state.outcome == "message_left"


def test_a_machine_that_gives_no_tone_is_left_a_word_all_the_same(bundle: Bundle) -> None:
    desk = called(bundle, GREETING, detect=Detect(no_tone_ms=5_000))
    desk.wait(300)
    desk.speak(3000)
    desk.wait(4500)
    assert desk.said == []
    desk.wait(1500)
    assert desk.said == [WORD]


def test_a_greeting_in_two_sentences_is_heard_out(bundle: Bundle) -> None:
    desk = called(bundle, "Hi, this is Joe.", f"Hi, this is Joe. {GREETING}")
    desk.wait(300)
    desk.speak(1200)
    desk.wait(600)
    desk.speak(3000)
    desk.wait(500)
    assert answered(desk) == "machine"


def test_who_speaks_on_and_on_is_a_machine(bundle: Bundle) -> None:
    desk = called(bundle)
    desk.speak(7900)
    assert answered(desk) is None
    desk.speak(300)
    assert answered(desk) == "machine"


def test_a_beep_is_a_machines_and_its_word_follows_at_once(bundle: Bundle) -> None:
    desk = called(bundle)
    desk.wait(500)
    desk.tone(1400, 300)
    desk.wait(100)
    assert (answered(desk), desk.said) == ("machine", [WORD])


def test_a_fax_and_a_menu_are_left_alone(bundle: Bundle) -> None:
    fax = called(bundle)
    fax.wait(500)
    fax.tone(2100, 1200)
    assert (answered(fax), fax.call.state.outcome) == ("fax", "not_reached")
    menu = called(bundle, "Welcome to Acme. For sales, press one.")
    menu.speak(2500)
    menu.wait(500)
    assert (answered(menu), menu.call.state.outcome) == ("menu", "not_reached")


def test_without_words_the_length_of_a_greeting_tells(bundle: Bundle) -> None:
    short, long_one = called(bundle, None), called(bundle, None)
    short.speak(700)
    short.wait(3200)
    long_one.speak(4000)
    long_one.wait(3200)
    assert (answered(short), answered(long_one)) == ("person", "machine")


def test_who_hangs_up_before_that_has_left(bundle: Bundle) -> None:
    desk = called(bundle, "Hello?")
    desk.speak(600)
    desk.feed(ev.CallerHungUp())
    finish = desk.last(fx.Finish)
    assert isinstance(finish, fx.Finish) and finish.outcome == "caller_left"
    desk.wait(5000)
    assert desk.said == []


def test_the_journal_tells_who_it_was(bundle: Bundle) -> None:
    desk = called(bundle, "Hello?")
    desk.speak(600)
    desk.wait(1200)
    kept = [e for e in desk.did if isinstance(e, fx.KeepEntry) and e.kind == "flow.CallStarted"]
    assert [entry.body["answered_by"] for entry in kept] == ["person"]


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("Hello?", None),
        ("Yes, this is Anna speaking, how can I help you?", None),
        ("I can't talk right now, who is calling?", None),
        ("Hi, you've reached Bob. I can't take your call right now.", "machine"),
        ("Please leave your massage after the tone", "machine"),
        (
            "Your call has been forwarded to an automated system. At the tone, record your message.",
            "machine",
        ),
        ("Thank you for calling. Press one for sales", "menu"),
        ("Por favor, deje su mensaje después de la señal", "machine"),
        ("Welcome to Harbour nights", "machine"),
        ("", None),
    ],
)
def test_what_only_a_machine_says(words: str, who: str | None) -> None:
    assert answered_by(words, "en-US", machine=("welcome to harbour nights",)) == who
