"""Fetching the files that steps want: after their turns, never within one."""

import asyncio
from collections.abc import Mapping

import structlog

from bot import attachments
from bot.attachments import Wanted
from bot.channels.channel import Channel
from bot.channels.media import MediaTooLarge, MediaUnavailable, MediaUnreachable
from bot.database.connections import Database
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
        try:
            key, mime_type, size = await self._fetch(file)
        except MediaUnavailable:
            await self._failed(file, "expired")
        except MediaTooLarge:
            await self._failed(file, "too large")
        except Unwanted:
            await self._failed(file, "type")
        except (MediaUnreachable, OSError) as error:
            log.warning("file.later", file=file.id, error=type(error).__name__)
            if not await attachments.put_off(self._database.pool, file):
                await self._failed(file, "unreachable")
        else:
            FILES.labels("stored").inc()
            async with self._database.transaction() as tx:
                await attachments.stored(tx, file, key, mime_type, size)

    async def _fetch(self, file: Wanted) -> tuple[str, str, int]:
        """Key, real type, and bytes. Raises what `media` does, Unwanted, OSError."""
        limit, taken = TAKEN[file.kind]
        fetched = await self._channels[file.channel_id].fetch(file.attachment, limit)
        found = sniff(fetched.content)
        if found is None or found not in taken:
            raise Unwanted
        key = await self._files.put(fetched.content, found.extension)
        return key, found.mime_type, len(fetched.content)

    async def _failed(self, file: Wanted, why: str) -> None:
        FILES.labels(why).inc()
        async with self._database.transaction() as tx:
            await attachments.failed(tx, file, why)
