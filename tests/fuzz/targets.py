"""Everything that reads bytes from outside, in one table."""

import contextlib
from collections.abc import AsyncIterator

from tests.fuzz import answers, channels, conversation, money, people, products, simulated
from tests.fuzz.target import Target

ALONE: tuple[Target, ...] = (
    *channels.TARGETS,
    *money.TARGETS,
    *people.TARGETS,
    *products.TARGETS,
)
"""Those that need neither network nor database."""


@contextlib.asynccontextmanager
async def opened(database_url: str | None = None) -> AsyncIterator[tuple[Target, ...]]:
    """All of them; those that need a database only if there is one, migrated and empty."""
    async with contextlib.AsyncExitStack() as stack:
        over_http = (
            *await stack.enter_async_context(answers.targets()),
            *await stack.enter_async_context(simulated.targets()),
        )
        stored: tuple[Target, ...] = ()
        if database_url is not None:
            stored = await stack.enter_async_context(conversation.targets(database_url))
        yield (*ALONE, *over_http, *stored)
