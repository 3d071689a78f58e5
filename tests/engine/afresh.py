"""One database for many tests, made as good as new before each: a copy takes far longer."""

import asyncpg
from sqlalchemy.engine import make_url

from bot.database.connections import arguments

TABLES = (  # in an order in which they can be emptied
    "webhooks recordings outbox parked_statuses timers inbox sessions recipients user_identities"
    " handovers consents users held_templates uploads channels"
).split()
UNNUMBERED = ("recordings", "sessions", "recipients", "held_templates", "uploads")

_MADE = """
    SELECT format('DROP TABLE %I CASCADE', relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND oid > $1
    UNION ALL SELECT format('DROP SEQUENCE %I CASCADE', relname) FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND c.oid > $1
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
    UNION ALL SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND oid > $1"""


async def make(admin: str, template: str, name: str) -> tuple[str, int]:
    """A copy of `template`: its address, and a number smaller than that of anything that tests
    make in it."""
    await _do(admin, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(admin).set(database=name).render_as_string(hide_password=False)
    db = await asyncpg.connect(**arguments(make_url(url)))
    try:
        await db.execute("CREATE TABLE marker ()")
        oid = await db.fetchval("SELECT 'marker'::regclass::oid")
        await db.execute("DROP TABLE marker")
    finally:
        await db.close()
    return url, int(oid)


async def _do(url: str, *statements: str) -> None:
    db = await asyncpg.connect(**arguments(make_url(url)))
    try:
        for statement in statements:
            await db.execute(statement)
    finally:
        await db.close()


async def sweep(admin: str, url: str, made_after: int) -> None:
    """Throw out whoever is left, drop what tests made, empty what they filled."""
    database = make_url(url)
    await _do(
        admin,
        f"ALTER DATABASE {database.database} ALLOW_CONNECTIONS true",
        f"""SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = '{database.database}'""",
    )
    db = await asyncpg.connect(**arguments(database))
    try:
        for statement in await db.fetch(_MADE, made_after):
            await db.execute(statement[0])
        await db.execute("".join(f"DELETE FROM {table};" for table in TABLES))
        numbered = [table for table in TABLES if table not in UNNUMBERED]
        await db.fetch(
            "SELECT setval(pg_get_serial_sequence(t, 'id'), 1, false) FROM unnest($1::text[]) t",
            numbered,
        )
    finally:
        await db.close()
