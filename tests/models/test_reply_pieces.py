"""A reply cut into pieces while it comes: nothing is lost or said twice, no sound before its sentence may be known."""

from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.state import Leaves
from ivr.models.reply_pieces import FIRST_BYTES, LETTER_MS, Opened, ReplyPieces, Step, Voiced
from ivr.units import BYTES_PER_MS

SECOND = 1000 * BYTES_PER_MS


def steps(leaves: Leaves, *parts: str | bytes, voiced: bool = True) -> list[Step]:
    pieces, found = ReplyPieces(leaves), list[Step]()
    for part in parts:
        found += pieces.words(part, voiced=voiced) if isinstance(part, str) else pieces.sound(part)
    return [*found, *pieces.done()]


def shown(found: list[Step]) -> list[object]:
    return [one.words if isinstance(one, Opened) else (one.piece, len(one.mulaw) // SECOND) for one in found]


def letters(words: str) -> str:
    """Signs that stand alone need not be said."""
    return "".join(filter(str.isalnum, words))


def test_words_without_sound_are_said_sentence_by_sentence() -> None:
    found = steps("as_it_comes", "Of cour", "se. I lo", "ok now. Mr. Smith", " is here", voiced=False)
    assert shown(found) == ["Of course.", "I look now.", "Mr. Smith is here"]
    assert not any(one.voiced for one in found if isinstance(one, Opened))


def test_what_leaves_whole_is_one_piece() -> None:
    assert shown(steps("whole", "One. Two. ", "Three.", voiced=False)) == ["One. Two. Three."]
    assert shown(steps("whole", "One. Two. ", bytes(SECOND), "Three.", bytes(SECOND))) == [
        "One. Two. Three.",
        (0, 1),
        (0, 1),
    ]


def test_as_it_comes_the_first_sound_waits_for_no_sentence() -> None:
    pieces = ReplyPieces("as_it_comes")
    assert list(pieces.words("Your balance is for", voiced=True)) == []
    assert list(pieces.sound(bytes(FIRST_BYTES - 8))) == []
    opened, *sounds = pieces.sound(bytes(8))
    assert opened == Opened(0, "Your balance is", True) and len(sounds) == 2
    assert list(pieces.words("ty two dollars.", voiced=True)) == []
    later = list(pieces.sound(bytes(2 * SECOND)))
    assert later[0] == Voiced(0, bytes(2 * SECOND))
    assert next(pieces.sound(bytes(SECOND))) == Opened(1, "forty two dollars.", True)


def test_as_it_comes_a_sentence_has_the_sound_that_its_letters_need() -> None:
    first = "This is the first sentence of it."
    needs = -(-len(first) * LETTER_MS // 1000)
    found = steps("as_it_comes", f"{first} And the second one.", *[bytes(SECOND)] * 5)
    assert shown(found) == [first, *[(0, 1)] * needs, "And the second one.", *[(1, 1)] * (5 - needs)]


def test_by_sentence_no_sound_leaves_before_its_sentence_is_known_whole() -> None:
    pieces = ReplyPieces("by_sentence")
    assert list(pieces.words("Your balance is", voiced=True)) == []
    assert list(pieces.sound(bytes(3 * SECOND))) == []
    assert shown(list(pieces.words(" forty. And you", voiced=True))) == ["Your balance is forty.", (0, 3)]
    assert list(pieces.sound(bytes(SECOND))) == []  # it may hold words of the sentence that has begun
    assert shown(list(pieces.words(" owe ten.", voiced=True))) == ["And you owe ten.", (1, 1)]


def test_words_whose_sound_never_comes_are_for_a_voice() -> None:
    assert steps("as_it_comes", "Hello there.") == [Opened(0, "Hello there.", False)]


@given(
    st.sampled_from(["as_it_comes", "by_sentence", "whole"]),
    st.lists(st.one_of(st.text("ab .?", max_size=12), st.integers(1, 40_000).map(bytes)), max_size=12),
    st.booleans(),
)
def test_nothing_is_lost_or_said_twice(leaves: Leaves, parts: list[str | bytes], voiced: bool) -> None:
    if not voiced:
        parts = [part for part in parts if isinstance(part, str)]
    found = steps(leaves, *parts, voiced=voiced)
    words = "".join(part for part in parts if isinstance(part, str))
    sound = sum(len(part) for part in parts if isinstance(part, bytes))
    opened = [one for one in found if isinstance(one, Opened)]
    assert "".join(letters(one.words) for one in opened) == letters(words)
    assert [one.piece for one in opened] == list(range(len(opened)))
    placed = sum(len(one.mulaw) for one in found if isinstance(one, Voiced))
    assert placed == (sound if opened and opened[0].voiced else 0)
    last = -1
    for one in found:
        assert one.piece >= last
        last = one.piece
