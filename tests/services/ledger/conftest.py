"""What the tests of the ledger share: a few people, and journals that move money of theirs."""

import pytest
from sqlalchemy import insert

from services.ground.people import User
from services.ground.transaction import Transaction


async def people(tx: Transaction, count: int) -> list[int]:
    named = [{"name": "Somebody"} for _ in range(count)]
    return list(await tx.scalars(insert(User).values(named).returning(User.id)))


@pytest.fixture
async def person(tx: Transaction) -> int:
    return (await people(tx, 1))[0]


@pytest.fixture
async def crowd(connect) -> list[int]:
    """People who are committed: for tests with several connections."""
    async with connect() as tx:
        return await people(tx, 6)


@pytest.fixture
async def crowd_here(tx: Transaction) -> list[int]:
    """People in the transaction that is rolled back."""
    return await people(tx, 6)
