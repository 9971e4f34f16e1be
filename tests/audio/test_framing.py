from hypothesis import given
from hypothesis import strategies as st

from ivr.audio.framing import Framing


@given(st.lists(st.binary(max_size=700), max_size=8))
def test_nothing_is_lost_and_the_last_frame_is_padded(pieces: list[bytes]) -> None:
    framing = Framing()
    frames = [frame for piece in pieces for frame in framing.feed(piece)]
    last = framing.flush()
    if last is not None:
        frames.append(last)
    whole = b"".join(pieces)
    assert all(len(frame) == 160 for frame in frames)
    assert b"".join(frames) == whole + b"\xff" * (-len(whole) % 160)
    assert framing.flush() is None


def test_a_frame_leaves_as_soon_as_it_is_full() -> None:
    framing = Framing()
    assert framing.feed(b"a" * 159) == []
    assert framing.feed(b"b" * 162) == [b"a" * 159 + b"b", b"b" * 160]
    assert framing.flush() == b"b" + b"\xff" * 159
