import json
import os
from pathlib import Path

import pytest

from ivr.models.ports import Voice
from ivr.models.prompt_cache import Piece, PromptCache, Sound, cut
from ivr.models.prompt_files import PromptFiles
from ivr.wire import encode

US, GB = Voice(), Voice(language="en-GB")


def sound(letter: bytes, count: int = 8000) -> Sound:
    return cut(letter * count)


def files(folder: Path, made_by: str = "a voice 1", max_bytes: int = 1_000_000) -> PromptFiles:
    return PromptFiles(folder, made_by, max_bytes)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


# ---- pieces


def test_sound_is_cut_into_half_seconds_and_leaves_as_any_sound_does() -> None:
    whole = bytes(range(256)) * 40  # 1.28 s
    for first_ms, lengths in ((500, [4000, 4000, 2240]), (200, [1600, 4000, 4000, 640])):
        pieces = cut(whole, first_ms)
        assert [len(piece.mulaw) for piece in pieces] == lengths
        assert b"".join(piece.mulaw for piece in pieces) == whole
    for piece in cut(whole):
        assert encode.media_ready("MZ1", piece.tail) == encode.media("MZ1", piece.mulaw)
        assert json.loads(encode.media_ready("MZ1", piece.tail))["event"] == "media"
    assert cut(b"") == ()
    assert cut(bytes(4000)) == (Piece.of(bytes(4000)),)


# ---- memory


def test_a_sentence_is_found_by_its_words_the_voice_and_the_rate() -> None:
    cache = PromptCache(1_000_000)
    cache.put("Hello.", US, sound(b"u"))
    cache.put("Hello.", GB, sound(b"g"))
    cache.put("Hello.", US, sound(b"w"), 16_000)
    assert cache.get("Hello.", US) == sound(b"u")
    assert cache.get("Hello.", GB) == sound(b"g")
    assert cache.get("Hello.", US, 16_000) == sound(b"w")
    assert cache.get("Goodbye.", US) is None


def test_the_one_not_used_for_longest_goes_first() -> None:
    cache = PromptCache(9000)
    for name in "abc":
        cache.put(name, US, sound(b"x", 900))
    assert cache.get("a", US) is not None
    cache.put("d", US, sound(b"x", 900))
    assert cache.get("b", US) is None
    assert all(cache.get(name, US) for name in "acd")


def test_the_bound_holds_and_the_count_is_right() -> None:
    cache = PromptCache(12_000)
    for turn in range(200):
        cache.put(f"prompt {turn % 23}", US, sound(b"x", turn * 37 % 2000 + 1))
        assert cache.size_bytes <= 12_000
    assert 0 < len(cache) < 23
    cache.put("prompt 1", US, sound(b"x", 60_000))  # alone too large: not kept, and the old one is gone
    assert cache.get("prompt 1", US) is None


def test_replacing_a_sentence_does_not_count_it_twice() -> None:
    cache = PromptCache(50_000)
    cache.put("a", US, sound(b"x", 1000))
    once = cache.size_bytes
    cache.put("a", US, sound(b"y", 1000))
    assert (cache.size_bytes, len(cache)) == (once, 1)
    assert once > 2.3 * 1000  # the tails count


# ---- disk


async def test_what_stood_in_a_flow_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = PromptCache(1_000_000, files(tmp_path))
    assert await first.fetch(["Hello.", "Goodbye."], US) == ["Hello.", "Goodbye."]
    await first.keep("Hello.", US, sound(b"h"))
    second = PromptCache(1_000_000, files(tmp_path))
    assert await second.fetch(["Hello.", "Goodbye."], US) == ["Goodbye."]
    assert second.get("Hello.", US) == sound(b"h")
    assert await second.fetch(["Hello."], GB) == ["Hello."]


async def test_what_came_about_in_a_call_never_reaches_the_disk(tmp_path: Path) -> None:
    cache = PromptCache(1_000_000, files(tmp_path))
    cache.put("Your number is four two.", US, sound(b"p"))
    assert cache.get("Your number is four two.", US) is not None
    assert kept(tmp_path) == []


def test_another_voice_or_version_finds_nothing_of_this_one(tmp_path: Path) -> None:
    files(tmp_path).write("Hello.", US, b"one" * 100, 8000)
    assert files(tmp_path, "a voice 2").read("Hello.", US, 8000) is None
    assert files(tmp_path).read("Hello.", US, 16_000) is None
    assert files(tmp_path).read("Hello.", US, 8000) == b"one" * 100


@pytest.mark.parametrize("how", ["short", "flipped", "long", "empty", "other header", "no header", "another's"])
def test_a_damaged_file_is_made_again(tmp_path: Path, how: str) -> None:
    there = files(tmp_path)
    there.write("Hello.", US, bytes(range(200)) * 20, 8000)
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    match how:
        case "short":
            path.write_bytes(whole[:-1])
        case "flipped":
            path.write_bytes(whole[:-500] + bytes([whole[-500] ^ 1]) + whole[-499:])
        case "long":
            path.write_bytes(whole + b"x")
        case "empty":
            path.write_bytes(b"")
        case "other header":
            path.write_bytes(whole.replace(b"ivr-prompt/1", b"ivr-prompt/9", 1))
        case "no header":
            path.write_bytes(bytes(3000))
        case "another's":
            there.write("Goodbye.", US, b"bye" * 100, 8000)
            next(other for other in kept(tmp_path) if other != path).replace(path)
    assert there.read("Hello.", US, 8000) is None
    assert not path.exists()
    there.write("Hello.", US, b"again" * 100, 8000)
    assert there.read("Hello.", US, 8000) == b"again" * 100


def test_a_disk_that_takes_nothing_is_no_fault(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    there = files(in_the_way / "prompts")
    there.write("Hello.", US, b"one" * 100, 8000)
    assert there.read("Hello.", US, 8000) is None


def test_the_folder_stays_within_its_bound_and_the_least_used_goes_first(tmp_path: Path) -> None:
    there = files(tmp_path, max_bytes=20_000)
    for number in range(4):
        there.write(f"Sentence {number}.", US, bytes(4000), 8000)
        os.utime(max(kept(tmp_path), key=lambda path: path.stat().st_mtime), (number, number))
    assert there.read("Sentence 0.", US, 8000) is not None  # used: not the oldest any more
    for number in range(4, 30):
        there.write(f"Sentence {number}.", US, bytes(4000), 8000)
        assert sum(path.stat().st_size for path in kept(tmp_path)) <= 20_000
    assert there.read("Sentence 1.", US, 8000) is None
    assert there.read("Sentence 29.", US, 8000) is not None


def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    one, two = files(tmp_path, max_bytes=30_000), files(tmp_path, max_bytes=30_000)
    for number in range(20):
        one.write(f"One {number}.", US, bytes(3000), 8000)
        two.write(f"Two {number}.", US, bytes(3000), 8000)
        two.write(f"One {number}.", US, bytes(3000), 8000)
        assert one.read(f"Two {number}.", US, 8000) is not None
    assert sum(path.stat().st_size for path in kept(tmp_path)) <= 2 * 30_000
    assert not list(tmp_path.glob("*.part"))


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    part = tmp_path / "left.part"
    part.write_bytes(bytes(1000))
    os.utime(part, (1, 1))
    files(tmp_path).write("Hello.", US, bytes(1000), 8000)
    assert not part.exists()
