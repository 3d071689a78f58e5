"""Where the database is: the one we were told of, or the one we bring along."""

import contextlib
from collections.abc import AsyncIterator

from bot.database import embedded
from bot.settings import Settings


@contextlib.asynccontextmanager
async def database_address(settings: Settings) -> AsyncIterator[str]:
    """The address for SQLAlchemy; an embedded server started here ends here.

    Raises embedded.EmbeddedServerError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = await embedded.start(settings.data_dir / "postgres")
    try:
        yield server.url
    finally:
        await embedded.stop(server)
