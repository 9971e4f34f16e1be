from ivr.models.ports import Voice
from ivr.models.prompt_cache import PromptCache

US, GB = Voice(), Voice(language="en-GB")


def test_a_prompt_is_found_by_text_voice_and_rate() -> None:
    cache = PromptCache(10_000)
    cache.put("Hello.", US, (b"us",))
    cache.put("Hello.", GB, (b"gb",))
    cache.put("Hello.", US, (b"wide",), 16_000)
    assert cache.get("Hello.", US) == (b"us",)
    assert cache.get("Hello.", GB) == (b"gb",)
    assert cache.get("Hello.", US, 16_000) == (b"wide",)
    assert cache.get("Goodbye.", US) is None


def test_the_one_not_used_for_longest_goes_first() -> None:
    cache = PromptCache(3500)
    for name in "abc":
        cache.put(name, US, (bytes(500), bytes(400)))
    assert cache.get("a", US) is not None
    cache.put("d", US, (bytes(900),))
    assert cache.get("b", US) is None
    assert all(cache.get(name, US) for name in "acd")


def test_the_bound_holds_and_the_count_is_right() -> None:
    cache = PromptCache(5000)
    for turn in range(200):
        cache.put(f"prompt {turn % 23}", US, (bytes(turn * 37 % 2000),))
        assert cache.size_bytes <= 5000
    assert 0 < len(cache) < 23
    cache.put("prompt 1", US, (bytes(6000),))  # alone too large: not kept, and the old one is gone
    assert cache.get("prompt 1", US) is None


def test_replacing_a_prompt_does_not_count_it_twice() -> None:
    cache = PromptCache(5000)
    cache.put("a", US, (bytes(1000),))
    once = cache.size_bytes
    cache.put("a", US, (bytes(1000),))
    assert (cache.size_bytes, len(cache)) == (once, 1)
