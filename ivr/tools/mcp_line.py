"""The HTTP line to an MCP server: to the address that was looked up and checked, and nowhere else."""

from collections.abc import AsyncIterator, Mapping

import httpx2

from ivr.tools.address import Origin, Refused


class _Pinned(httpx2.AsyncBaseTransport):
    """Every request goes to one address under its server's name; another server is refused, and so is an answer of
    more than `most_bytes`."""

    def __init__(self, origin: Origin, address: str, most_bytes: int) -> None:
        self._origin, self._address, self._most_bytes = origin, address, most_bytes
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        port = request.url.port or {"http": 80, "https": 443}[request.url.scheme]
        if (request.url.scheme, request.url.host, port) != (self._origin.scheme, self._origin.host, self._origin.port):
            raise Refused("the server of tools leads elsewhere, which is not followed")
        request.url = request.url.copy_with(host=self._address)
        request.extensions = {**request.extensions, "sni_hostname": self._origin.host}
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._most_bytes)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most_bytes: int) -> None:
        self._inner, self._left = inner, most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._left -= len(piece)
            if self._left < 0:
                raise Refused("the answer is over 1 MB")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def pinned_client(origin: Origin, address: str, headers: Mapping[str, str], most_bytes: int) -> httpx2.AsyncClient:
    """`headers` go out with every request. The Host header keeps the server's name."""
    return httpx2.AsyncClient(
        transport=_Pinned(origin, address, most_bytes),
        headers={**headers, "Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(None),  # there is one deadline for the whole call
        follow_redirects=False,
        trust_env=False,
    )
