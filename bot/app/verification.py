"""Businesses as operators see and decide on them, until there is a console for it."""

from dataclasses import dataclass

from bot.app.inspection import briefly
from bot.app.resources import platform
from services.businesses import Business
from services.businesses.verifying import Event, Paper


@dataclass(frozen=True, slots=True)
class File:
    """A business with what was handed in for it, and who did what."""

    business: Business
    papers: list[Paper]
    history: list[Event]


async def businesses(url: str) -> list[Business]:
    """Every business, those that wait for a decision first."""
    async with briefly(url) as database, database.transaction() as tx:
        return await platform(tx).businesses.registered()


async def business(url: str, slug: str) -> File:
    """Raises services.ground.errors' NotFound."""
    async with briefly(url) as database, database.transaction() as tx:
        do = platform(tx).businesses
        found = await do.by_slug(slug)
        return File(found, await do.papers(found.id), await do.history(found.id))


async def approve_business(url: str, slug: str, operator: str) -> Business:
    """Raises NotFound, services.businesses.errors' NothingToDecide."""
    async with briefly(url) as database, database.transaction() as tx:
        return await platform(tx).businesses.approve(slug, operator)


async def refuse_business(url: str, slug: str, operator: str, reason: str) -> Business:
    """Raises NotFound, services.businesses.errors' NothingToDecide."""
    async with briefly(url) as database, database.transaction() as tx:
        return await platform(tx).businesses.refuse(slug, operator, reason)
