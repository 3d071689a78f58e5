"""Alembic's way in: the database's address comes from whoever calls, else the settings."""

from alembic import context
from sqlalchemy import Connection, pool

from migrations.declared import METADATA

target_metadata = METADATA


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_from_command_line() -> None:
    """`alembic …` by hand: with DATABASE_URL, or the embedded server when it is running."""
    import asyncio

    from sqlalchemy.ext.asyncio import create_async_engine

    from bot import settings
    from bot.database.address import database_address

    async def go() -> None:
        async with database_address(settings.read()) as url:
            engine = create_async_engine(url, poolclass=pool.NullPool)
            async with engine.connect() as connection:
                await connection.run_sync(run)
                await connection.commit()
            await engine.dispose()

    asyncio.run(go())


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    run_from_command_line()
