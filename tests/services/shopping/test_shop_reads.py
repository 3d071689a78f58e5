"""A select asked as it stands answers as SQLAlchemy's way of asking it does."""

import pytest
from sqlalchemy import BigInteger, bindparam, insert, select, update

from services.ground.transaction import Transaction
from services.shopping.carts import _CART
from services.shopping.catalogue import _FEATURED, _INSIDE, _ON_SHELF, _ONE, _TOP
from services.shopping.product import PRODUCT
from services.shopping.search import _ALIKE, _EXACT
from services.shopping.tables import CategoryRow, ProductRow

ASKED = {
    "language": "sw", "offset": 0, "limit": 10, "words": "mango:*", "typed": "mango",
}  # fmt: skip


@pytest.mark.parametrize(
    "statement", [_CART, _FEATURED, _INSIDE, _ON_SHELF, _ONE, _TOP, PRODUCT, _ALIKE, _EXACT]
)
async def test_the_short_way_reads_what_the_long_way_reads(tx: Transaction, town, statement):
    drink = await tx.scalar(
        insert(CategoryRow)
        .values(business_id=town.business, slug="drink", name="Drinks", names={"sw": "Vinywaji"})
        .returning(CategoryRow.id)
    )
    variant = await town.goods(tx, "JUICE", left=5, name="Mango juice")
    await tx.execute(update(ProductRow).values(category_id=drink, is_featured=True))
    me = await town.person(tx)
    await town.at(tx).add_to_cart(me, variant, 2)
    product = await tx.scalar(select(ProductRow.id))
    asked = ASKED | {"business": town.business, "shelf": drink, "product": product}
    asked |= {"me": me, "now": town.now}

    rows = (await tx.execute(statement, asked)).all()

    assert await tx.read(statement, asked) == [tuple(row) for row in rows]
    assert rows or statement is _INSIDE


async def test_a_parameter_that_is_missing_is_an_error(tx: Transaction):
    statement = select(CategoryRow.id).where(CategoryRow.id == bindparam("one", type_=BigInteger))
    with pytest.raises(KeyError, match="one"):
        await tx.read(statement, {})
