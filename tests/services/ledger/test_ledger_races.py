"""Many at once, each on a connection of their own; and connections that are cut."""

import asyncio
import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from services.ground.money import Money
from services.ledger import Account, Journal, Ledger, NotEnough
from services.ledger import account as accounts
from services.ledger.audit import differences, trial_balance
from services.ledger.tables import JournalRow

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STRIPE = accounts.clearing("stripe", "KES")


def wallet(person: int) -> Account:
    return accounts.wallet(person, "KES")


async def post(connect, *journals: Journal) -> bool:
    """In a transaction of its own; False: there was not enough."""
    try:
        async with connect() as tx:
            await Ledger(tx=tx, now=NOW).post(*journals)
    except NotEnough:
        return False
    return True


async def balance(connect, account: Account) -> int:
    async with connect() as tx:
        return (await Ledger(tx=tx, now=NOW).balance(account)).amount


async def in_order(connect) -> bool:
    async with connect() as tx:
        zero = all(trial.total == 0 for trial in await trial_balance(tx))
        return zero and await differences(tx) == []


def moved(key: str, of: Account, to: Account, amount: int) -> Journal:
    return Journal(key, "moved", {of: -amount, to: amount})


async def test_fifty_race_for_what_is_enough_for_ten(connect, crowd) -> None:
    mine, other = wallet(crowd[0]), wallet(crowd[1])
    await post(connect, moved("top-up", STRIPE, mine, 1_000))
    race = [post(connect, moved(f"spend {n}", mine, other, 100)) for n in range(50)]
    assert sum(await asyncio.gather(*race)) == 10
    assert await balance(connect, mine) == 0
    assert await balance(connect, other) == 1_000
    assert await in_order(connect)


async def test_fifty_post_the_same_key_and_it_counts_once(connect, crowd) -> None:
    same = moved("once", STRIPE, wallet(crowd[0]), 7)
    assert all(await asyncio.gather(*(post(connect, same) for _ in range(50))))
    assert await balance(connect, wallet(crowd[0])) == 7


async def test_accounts_that_nobody_had_are_opened_once(connect, crowd) -> None:
    """Whoever comes first opens them, in one order; nobody waits in a ring."""
    race = []
    for n in range(50):
        one, two = random.Random(n).sample(crowd, 2)
        race.append(
            post(
                connect,
                moved(f"{n} in", STRIPE, wallet(one), 5),
                moved(f"{n} on", wallet(one), wallet(two), 5),
            )
        )
    assert all(await asyncio.gather(*race))
    assert await balance(connect, STRIPE) == -250
    assert await in_order(connect)


async def test_moving_in_opposite_ways_never_waits_in_a_ring(connect, crowd) -> None:
    for person in crowd:
        await post(connect, moved(f"top-up {person}", STRIPE, wallet(person), 10_000))
    dice = random.Random(7)
    race = []
    for n in range(50):
        several = []
        for m in range(4):
            one, two = dice.sample(crowd, 2)
            several.append(moved(f"{n}.{m}", wallet(one), wallet(two), 1))
        race.append(post(connect, *several))
    assert all(await asyncio.gather(*race))
    assert sum([await balance(connect, wallet(person)) for person in crowd]) == 60_000
    assert await in_order(connect)


async def journals(connect) -> int:
    async with connect() as tx:
        return int(await tx.scalar(select(func.count()).select_from(JournalRow)))


async def test_rolled_back_between_two_postings_nothing_is_left(connect, crowd) -> None:
    with pytest.raises(NotEnough) as told:
        async with connect() as tx:
            ledger = Ledger(tx=tx, now=NOW)
            await ledger.post(moved("top-up", STRIPE, wallet(crowd[0]), 5))
            await ledger.post(moved("too much", wallet(crowd[0]), wallet(crowd[1]), 6))
    assert told.value.left == Money(5, "KES")
    assert await journals(connect) == 0
    assert await balance(connect, STRIPE) == 0


async def test_killed_between_two_postings_nothing_is_left(connect, crowd) -> None:
    with pytest.raises(DBAPIError):
        async with connect() as tx:
            ledger = Ledger(tx=tx, now=NOW)
            await ledger.post(moved("top-up", STRIPE, wallet(crowd[0]), 5))
            pid = await tx.scalar(select(func.pg_backend_pid()))
            async with connect() as other:
                await other.execute(select(func.pg_terminate_backend(pid)))
            await ledger.post(moved("spend", wallet(crowd[0]), wallet(crowd[1]), 5))
    assert await journals(connect) == 0
    # What was cut is done again with the same keys, as if it had never begun.
    assert await post(connect, moved("top-up", STRIPE, wallet(crowd[0]), 5))
    assert await in_order(connect)
