"""Moonshine's tokens: a file of pieces of text, one a token, each after its length."""

SILENT = frozenset({"<s>", "</s>", "<unk>"})
_SPACE = "\u2581"
_NUMBER_WORDS = frozenset(
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple"]
)


class Pieces:
    """From tokens to text."""

    def __init__(self, file: bytes) -> None:
        """`file`: for each piece a length byte (from 128 on two: first x 128 + second - 128), then so many bytes."""
        self._pieces: list[bytes] = []
        at = 0
        while at < len(file):
            length = file[at]
            at += 1
            if length >= 128:
                length = length * 128 + file[at] - 128
                at += 1
            self._pieces.append(file[at : at + length])
            at += length
        self._bytes = [_spoken(piece) for piece in self._pieces]

    def __len__(self) -> int:
        return len(self._pieces)

    def text(self, tokens: list[int]) -> str:
        joined = b"".join(self._bytes[token] for token in tokens)
        return joined.decode(errors="replace").replace(_SPACE, " ").strip()

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
