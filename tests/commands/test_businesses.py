"""Operators list, verify and refuse businesses from the command line."""

from pathlib import Path

import pytest

from bot.database.connections import Database
from bot.timers import InboxFacts
from services import open_services
from services.businesses import Businesses, Draft
from services.businesses.facts import SentFile
from services.ground.people import PLATFORM
from tests.commands.program import command
from tests.services.businesses.conftest import NOW


@pytest.fixture
async def corner(database: Database) -> str:
    """A shop whose papers wait for a decision."""
    owner = await database.pool.fetchval("INSERT INTO users (name) VALUES ('Owner') RETURNING id")
    async with database.transaction() as tx:
        businesses: Businesses = open_services(tx, NOW, InboxFacts(), PLATFORM).businesses
        place = {"country": "KE", "currency": "KES", "time_zone": "Africa/Nairobi"}
        await businesses.keep_draft(owner, Draft(name="Corner", sells="Food", **place))
        shop = await businesses.open(owner)
        await businesses.hand_in(shop.id, owner, [SentFile(key="aa.jpg", name="permit.jpg")])
    return shop.slug


async def test_a_shop_is_looked_at_refused_and_approved(
    database_url: str, corner: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url}
    listed = await command(tmp_path, settings, "businesses", "list")
    assert (listed.code, listed.out.split()[:2]) == (0, [corner, "pending"])
    why = ("--by", "op", "--reason", "Too dark")
    refused = await command(tmp_path, settings, "businesses", "refuse", corner, *why)
    assert (refused.code, refused.out.strip()) == (0, "Corner is not listed.")
    approved = await command(tmp_path, settings, "businesses", "approve", corner, "--by", "op")
    assert (approved.code, approved.out.strip()) == (0, "Corner is listed.")
    again = await command(tmp_path, settings, "businesses", "approve", corner, "--by", "op")
    assert again.code == 1
    shown = await command(tmp_path, settings, "businesses", "show", corner)
    assert "files/aa/aa.jpg  permit.jpg" in shown.out
    assert "refused by op: Too dark" in shown.out
    assert "approved by op" in shown.out


async def test_an_unknown_shop_is_said_so(database_url: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database_url}
    ended = await command(tmp_path, settings, "businesses", "approve", "nobody", "--by", "op")
    assert ended.code == 1
    assert "There is no business nobody" in ended.err
