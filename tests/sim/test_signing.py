"""The carrier's signature, against vectors of its own library."""

import pytest

from ivr.sim.signing import sign

FIELDS = {"CallSid": "CA1234567890ABCDE", "From": "+12349013030", "To": "+18005551212"}


@pytest.mark.parametrize(
    ("url", "fields", "signature"),
    [
        ("https://bot.example.com/voice", FIELDS, "eQocnNhW1dH0a4mVHFhgzeYTA2c="),
        ("https://bot.example.com/voice#rc=2", FIELDS, "eQocnNhW1dH0a4mVHFhgzeYTA2c="),
        ("https://bot.example.com/voice", {}, "m9HAUrDwJSL0pjGwLPV4CmAO/U4="),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            {**FIELDS, "Caller": "+12349013030", "Digits": "1234"},
            "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
        ),
        ("wss://bot.example.com/media", {}, "/wAl+WqMkvPvBcVutOs5CBheh4o="),
    ],
)
def test_vectors(url: str, fields: dict[str, str], signature: str) -> None:
    assert sign(url, fields, "12345") == signature
