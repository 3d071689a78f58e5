"""One database for many tests, made as good as new before each: a copy takes far longer."""

import asyncpg
from sqlalchemy.engine import make_url

from bot.database.connections import arguments

EFFECTS = """
    CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY, user_id bigint, what text,
                          at timestamptz DEFAULT clock_timestamp())"""
"""What turns in the engine's tests write. In every database: where one test makes a table, the next
needs a copy."""

_SHAPE = """
    SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
        SELECT format('%s.%s %s', attrelid, attname, atttypid) FROM pg_attribute
        JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT format('%s %s', conrelid, conname) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s', proname, md5(prosrc)) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s %s', tgrelid, tgname, tgenabled) FROM pg_trigger
    ) parts (part)"""
"""What tells a database that a test has built over from its template: the copy has its numbers."""

_EMPTY = """
    DO $$
    DECLARE
        it regclass;
        filled boolean;
    BEGIN
        SET LOCAL session_replication_role = replica;  -- no trigger refuses, and any order is right
        FOR it IN SELECT oid FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
              AND relname <> 'alembic_version'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', it) INTO filled;
            IF filled THEN EXECUTE format('DELETE FROM %s', it); END IF;
        END LOOP;
        PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
    END $$"""


async def shape(url: str) -> str:
    """Equal for databases with the same tables, columns, constraints, functions and triggers."""
    [[row]] = await _do(url, _SHAPE)
    return str(row[0])


async def freshened(admin: str, name: str, wanted: str) -> bool:
    """Throw out whoever is left in the database `name`, and empty it. False: it is not there, or
    its shape is not as `wanted`: a copy is needed."""
    database = make_url(admin).set(database=name).render_as_string(hide_password=False)
    there, _ = await _do(
        admin,
        f"SELECT FROM pg_database WHERE datname = '{name}'",
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    if not there:
        return False
    await _do(admin, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    found, _ = await _do(database, _SHAPE, _EMPTY)
    return bool(found[0][0] == wanted)


async def _do(url: str, *statements: str) -> list[list[asyncpg.Record]]:
    """The rows of each statement."""
    db = await asyncpg.connect(**arguments(make_url(url)))
    try:
        return [await db.fetch(statement) for statement in statements]
    finally:
        await db.close()
