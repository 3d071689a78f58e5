"""Orders that are paid from a wallet, and money that goes back to one."""

import pytest
from sqlalchemy import func, select

from services.ground.money import Money
from services.ledger import Journal, Ledger, NotEnough
from services.ledger.account import clearing, wallet
from services.shopping import OrderStatus, PaymentStatus
from services.shopping.tables import OrderRow, StockRow


async def fill(tx, town, person: int, amount: int) -> None:
    entries = {clearing("stripe", "KES"): -amount, wallet(person, "KES"): amount}
    journal = Journal(f"filled {person}", "captured", entries)
    await Ledger(tx=tx, now=town.now).post(journal)


async def left(tx, town, person: int) -> Money:
    return await Ledger(tx=tx, now=town.now).balance(wallet(person, "KES"))


@pytest.fixture
async def person(tx, town) -> int:
    return int(await town.person(tx))


async def test_an_order_is_paid_from_it_at_once(tx, town, person) -> None:
    await fill(tx, town, person, 500_00)
    tea = await town.goods(tx, "TEA", left=5)
    order = await town.order(tx, person, tea, 3, method="wallet")
    assert (order.status, order.payment_status) == (OrderStatus.PAID, PaymentStatus.PAID)
    assert order.paid_at == town.now
    assert await left(tx, town, person) == Money(200_00, "KES")
    assert await town.at(tx).cart(person) is None
    assert "business-new-order" in town.told.tags(town.owner)


async def test_with_too_little_nothing_is_ordered(tx, town, person) -> None:
    await fill(tx, town, person, 299_99)
    tea = await town.goods(tx, "TEA", left=5)
    with pytest.raises(NotEnough) as told:
        await town.order(tx, person, tea, 3, method="wallet")
    assert told.value.left == Money(299_99, "KES")
    assert await tx.scalar(select(func.count()).select_from(OrderRow)) == 0
    assert await tx.scalar(select(func.sum(StockRow.allocated))) == 0


async def test_called_off_it_goes_back_to_it_at_once(tx, town, person) -> None:
    await fill(tx, town, person, 300_00)
    tea = await town.goods(tx, "TEA", left=5)
    order = await town.order(tx, person, tea, 3, method="wallet")
    for _ in range(2):
        off = await town.at(tx).cancel(order.id, town.owner, "out_of_stock")
    assert (off.status, off.payment_status) == (OrderStatus.CANCELLED, PaymentStatus.REFUNDED)
    assert await left(tx, town, person) == Money(300_00, "KES")


async def test_what_was_paid_by_card_may_go_to_the_wallet(tx, town, person) -> None:
    tea = await town.goods(tx, "TEA", left=5)
    order = await town.paid(tx, person, tea, 2)
    off = await town.at(tx).cancel(order.id, person, "customer", to_wallet=True)
    assert (off.status, off.payment_status) == (OrderStatus.CANCELLED, PaymentStatus.REFUNDED)
    assert await left(tx, town, person) == Money(200_00, "KES")
