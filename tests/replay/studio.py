"""Conversations that are recorded, the code they are tried on, and what the tables hold."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.commands.shadow import Shadow, shadowed
from bot.database.connections import Database
from bot.dialog import Dialog
from bot.replay.again import Candidate, ServeAs, kinds
from bot.replay.compared import Compared, Trial
from bot.replay.tape import Recorder
from handlers.chat import dialog as talk
from services import BRAND, Services, open_services
from services.ground.people import Person
from services.ground.transaction import Transaction
from tests.conversations.world import FACTS, PHONES, World

EVERYBODY = Recorder(1.0, BRAND)
PURCHASE = (
    *("hi", "[Shop]", "[Food]", "[Maize flour 2 kg]", "2", "[Checkout]", "[Nairobi]"),
    *("Mfano Road 5, Kilimani", "[Cash on delivery]", "track 1042"),
)


def served_by(providers: Collection[str]) -> ServeAs:
    def serve(brand: str, tx: Transaction, person: Person, now: object) -> Services:
        return open_services(tx, now, FACTS, person, brand, providers, PHONES)  # type: ignore[arg-type]

    return serve


serve = served_by(World.providers)


async def opened(database: Database) -> World:
    """A world in which everybody's turns are recorded."""
    world = World(database, recorder=EVERYBODY)
    await world.begin()
    return world


async def bought(database: Database, said: Sequence[str] = PURCHASE) -> World:
    """Somebody has ordered, and pays in cash."""
    world = await opened(database)
    for words in said:
        await world.says(world.phones["amina"], words)
    return world


async def trial(database: Database, dialog: Dialog = talk, serve: ServeAs = serve) -> Trial:
    return Trial(Candidate(dialog, serve, await kinds(database.pool)), database, BRAND)


async def shadow(database: Database, service: str | None = None, serve: ServeAs = serve) -> Shadow:
    """Everything recorded, on the code as it is now."""
    return await shadowed(await trial(database, serve=serve), 10_000, service)


def other(turns: Sequence[Compared]) -> list[Compared]:
    """Those that were not read, asked and answered exactly as then."""
    return [one for one in turns if one != replace(one, differences=[], new=0, unasked=0)]


async def contents(database: Database) -> dict[str, str]:
    """Every table's rows, as one sum a table."""
    async with database.pool.acquire() as db:
        tables = await db.fetch(
            """SELECT relname FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"""
        )
        return {
            name: await db.fetchval(
                f"SELECT count(*) || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
                f" FROM {name} AS t"
            )
            for (name,) in tables
        }
