"""Fetching the files that steps want: after their turns, never within one."""

import asyncio
from collections.abc import Mapping

import structlog

from bot import attachments
from bot.attachments import MOST_TRIES, Wanted
from bot.channels.channel import Channel
from bot.channels.media import MediaTooLarge, MediaUnavailable, MediaUnreachable
from bot.database.connections import Database, is_away
from bot.file_types import TAKEN, sniff
from bot.observe.metrics import FILES
from services.ground.files import Files

log = structlog.get_logger()
AT_ONCE = 4  # files held in memory at a time


class Unwanted(Exception):
    """The file is not what its kind of message may bring."""


class Fetcher:
    """The files sent to the numbers this process can ask."""

    def __init__(self, database: Database, channels: Mapping[int, Channel], files: Files) -> None:
        self._database = database
        self._channels = channels
        self._files = files

    async def step(self) -> int:
        """One round; answers how many files were looked for."""
        wanted = await attachments.claim(self._database.pool, [*self._channels], AT_ONCE)
        await asyncio.gather(*(self._take(file) for file in wanted))
        return len(wanted)

    async def _take(self, file: Wanted) -> None:
        if file.attempts > MOST_TRIES:  # whoever tried it did not live to say so
            await self._failed(file, "error")
            return
        try:
            await self._keep(file)
        except MediaUnavailable:
            await self._failed(file, "expired")
        except MediaTooLarge:
            await self._failed(file, "too large")
        except Unwanted:
            await self._failed(file, "type")
        except (MediaUnreachable, OSError) as error:
            log.warning("file.later", file=file.id, error=type(error).__name__)
            await self._later(file, "unreachable")
        except Exception as error:  # ours to mend: maybe before the last try
            if is_away(error):
                raise
            log.error("file.error", file=file.id, exc_info=error)
            await self._later(file, "error")

    async def _keep(self, file: Wanted) -> None:
        key, mime_type, size = await self._fetch(file)
        async with self._database.transaction() as tx:
            await attachments.stored(tx, file, key, mime_type, size)
        FILES.labels("stored").inc()

    async def _fetch(self, file: Wanted) -> tuple[str, str, int]:
        """Key, real type, and bytes. Raises what `media` does, Unwanted, OSError."""
        limit, taken = TAKEN[file.kind]
        fetched = await self._channels[file.channel_id].fetch(file.attachment, limit)
        found = sniff(fetched.content)
        if found is None or found not in taken:
            raise Unwanted
        key = await self._files.put(fetched.content, found.extension)
        return key, found.mime_type, len(fetched.content)

    async def _later(self, file: Wanted, why: str) -> None:
        """Put off, or failed for that reason when it has been tried often enough."""
        if not await attachments.put_off(self._database.pool, file):
            await self._failed(file, why)

    async def _failed(self, file: Wanted, why: str) -> None:
        async with self._database.transaction() as tx:
            await attachments.failed(tx, file, why)
        FILES.labels(why).inc()
