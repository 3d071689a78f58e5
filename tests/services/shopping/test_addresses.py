"""Where things are brought: kept once, the last used first, gone when they are forgotten."""

from typing import Any

import pytest
from sqlalchemy import text

from services.ground.errors import NotFound
from services.ground.transaction import Transaction
from services.shopping import NewAddress
from tests.services.shopping.conftest import Town


async def keep(tx: Transaction, town: Town, person: int, line: str, **more: Any) -> int:
    saved = await town.at(tx).save_address(person, NewAddress(line=line, **more))
    assert saved.id is not None
    return saved.id


async def lines(tx: Transaction, town: Town, person: int) -> list[str | None]:
    return [one.line for one in await town.at(tx).addresses(person)]


async def test_the_last_used_comes_first(tx: Transaction, town: Town) -> None:
    person = await town.person(tx)
    for line in ("House 1", "House 2", "House 3", "House 1"):
        town.later(minutes=1)
        await keep(tx, town, person, line)
    assert await lines(tx, town, person) == ["House 1", "House 3", "House 2"]


async def test_its_name_stays_when_it_is_typed_again(tx: Transaction, town: Town) -> None:
    person = await town.person(tx)
    first = await keep(tx, town, person, "House 1")
    await town.at(tx).name_address(person, first, "Home")
    assert await keep(tx, town, person, "House 1") == first
    assert (await town.at(tx).address(person, first)).label == "Home"
    await town.at(tx).name_address(person, first, None)
    assert (await town.at(tx).address(person, first)).label is None


async def test_who_receives_there(tx: Transaction, town: Town) -> None:
    person = await town.person(tx)
    here = await keep(tx, town, person, "House 1", recipient="Somebody")
    changed = await town.at(tx).receive_by(person, here, "Grace", "+12025550199")
    assert (changed.recipient, changed.phone) == ("Grace", "+12025550199")


async def test_a_forgotten_one_leaves_nothing_behind(tx: Transaction, town: Town) -> None:
    person = await town.person(tx)
    here = await keep(tx, town, person, "House 1")
    for _ in range(2):
        await town.at(tx).forget_address(person, here)
    assert await lines(tx, town, person) == []
    assert await tx.scalar(text("SELECT count(*) FROM addresses")) == 0


async def test_somebody_elses_is_not_found(tx: Transaction, town: Town) -> None:
    person, other = await town.person(tx), await town.person(tx)
    here = await keep(tx, town, person, "House 1")
    await town.at(tx).forget_address(other, here)
    for change in (
        town.at(tx).name_address(other, here, "Mine"),
        town.at(tx).receive_by(other, here, "Me", None),
        town.at(tx).address(other, here),
    ):
        with pytest.raises(NotFound):
            await change
    assert await lines(tx, town, person) == ["House 1"]


async def test_they_go_with_the_person(tx: Transaction, town: Town) -> None:
    person = await town.person(tx)
    await keep(tx, town, person, "House 1")
    await tx.execute(text("DELETE FROM users WHERE id = :id").bindparams(id=person))
    assert await tx.scalar(text("SELECT count(*) FROM addresses")) == 0
