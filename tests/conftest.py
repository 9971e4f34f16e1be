"""What is dear to make is made once for all tests: the embedded engines, loaded when the first test asks for them."""

import asyncio
from collections.abc import Iterator

import pytest

from ivr.models.offline.engines import Engines


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The embedded engines, warm; they may be used from any test's event loop."""
    made = Engines.of("embedded")
    asyncio.run(made.start())
    yield made
    asyncio.run(made.close())
