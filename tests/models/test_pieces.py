import pytest

from ivr.models.offline.pieces import Pieces, said_again


def file_of(*pieces: bytes) -> bytes:
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def test_pieces_become_text() -> None:
    written = ["<unk>", "<s>", "</s>", "▁caf", "<0xC3>", "<0xA9>", "▁ok", "♪"]
    pieces = Pieces(file_of(*(piece.encode() for piece in written)))
    assert len(pieces) == 8
    assert pieces.text([1, 3, 4, 5, 6, 7, 2]) == "café ok"
    assert pieces.text([4]) == "\ufffd"  # half a letter is no error


def counts(token: int) -> bool:
    return token < 10


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([], 0),
        ([20, 21, 22, 23] * 2, 0),  # a caller says a thing twice
        ([9, *[20, 21, 22, 23] * 3], 8),
        ([20] * 11, 0),
        ([20] * 12, 11),
        ([20, 21, 22, 23, 24, 25] * 3, 12),
        ([4] * 30, 0),  # digits may come again
        ([1, 2, 3, 4] * 4, 0),
        ([20, 21, 22, 23, 30, 20, 21, 22, 23, 31, 20, 21, 22, 23, 32], 0),  # "it was the age of ..., it was the ..."
    ],
)
def test_what_is_a_loop(tokens: list[int], expected: int) -> None:
    assert said_again(tokens, counts) == expected
