"""Moonshine's tokens: a file of pieces of text, one a token, each after its length; and loops of tokens."""

from collections.abc import Callable

SILENT = frozenset({"<s>", "</s>", "<unk>"})
SHORTEST_LOOP, LONGEST_LOOP = 12, 24
"""Tokens: all copies of a loop together, and one of them."""
_SPACE = "\u2581"
_MUSIC = "\u266a"  # written for music, which nobody said
_NUMBER_WORDS = frozenset(
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple"]
)


class Pieces:
    """From tokens to text."""

    def __init__(self, file: bytes) -> None:
        """`file`: for each piece a length byte, then so many bytes. This vocabulary has none of 128 bytes or more."""
        self._pieces: list[bytes] = []
        at = 0
        while at < len(file):
            length = file[at]
            assert length < 128, "a longer form of length, which the known file does not use"
            self._pieces.append(file[at + 1 : at + 1 + length])
            at += 1 + length
        self._bytes = [_spoken(piece) for piece in self._pieces]

    def __len__(self) -> int:
        return len(self._pieces)

    def text(self, tokens: list[int]) -> str:
        joined = b"".join(self._bytes[token] for token in tokens)
        return joined.decode(errors="replace").replace(_SPACE, " ").replace(_MUSIC, "").strip()

    def counts(self, token: int) -> bool:
        """The piece is a digit, a number word, or what stands between two of them."""
        text = self._bytes[token].decode(errors="replace").replace(_SPACE, "").lower()
        return text.isdigit() or text in _NUMBER_WORDS or text in ("", "-", ",")


def _spoken(piece: bytes) -> bytes:
    text = piece.decode(errors="replace")
    if text in SILENT:
        return b""
    if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
        return bytes([int(text[3:5], 16)])
    return piece


def said_again(tokens: list[int], counts: Callable[[int], bool]) -> int:
    """How many tokens at the end only say again what stands before them: 0 while speech goes on as speech does.

    A caller says a thing twice, and a digit many times; three times the same words in a row is the decoder. `counts`
    tells the tokens of digits, which may come again as they like.
    """
    for period in range(1, LONGEST_LOOP + 1):
        copies = max(3, -(-SHORTEST_LOOP // period))
        last = tokens[-period:]
        if tokens[-copies * period :] == last * copies:
            return 0 if all(counts(token) for token in last) else (copies - 1) * period
    return 0
