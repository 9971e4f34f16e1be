"""One HTTP request reduced to what a load generator needs: a connection each, no redirects, no TLS."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit


async def ask(url: str, fields: Mapping[str, str] | None = None, *, within_s: float = 15.0) -> tuple[int, str]:
    """Status and body; a form is sent where `fields` are given.

    Raises: OSError (nobody there, or not in time), ValueError (no answer in HTTP).
    """
    parts = urlsplit(url)
    path = parts.path + ("?" + parts.query if parts.query else "")
    body = urlencode(fields or {}).encode()
    head = f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
    if fields is not None:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    async with asyncio.timeout(within_s):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        try:
            writer.write(head.encode() + b"\r\n" + body)
            answer = await reader.read()
        finally:
            writer.close()
    top, _, rest = answer.partition(b"\r\n\r\n")
    words = top.split(b"\r\n", 1)[0].split(b" ")
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError(f"no answer in HTTP from {parts.netloc}")
    return int(words[1]), rest.decode(errors="replace")
