"""The laws of payments: statuses only move forward, and the database says so about sums."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from services.ground.money import ZERO_DECIMAL, Money
from services.payments import Status
from services.payments.charged import from_stripe, to_stripe
from services.payments.errors import NotAllowed, NotChargeable
from services.payments.facts import FACTS
from services.payments.moves import locked, move
from services.payments.provider import Nothing
from services.payments.states import FORWARD, SETTLED, may_follow
from services.payments.stripe_words import READERS, event_word
from services.payments.tables import AttemptRow, PaymentRow
from tests.services.payments.till import SHILLINGS, Till

CURRENCIES = sorted(ZERO_DECIMAL | {"KES", "USD", "KWD", "TND", "ISK", "NGN", "INR"})


def test_every_status_has_its_row_and_money_that_came_never_uncomes() -> None:
    assert set(FORWARD) == set(Status)
    for old, new in itertools.product(SETTLED, set(Status) - SETTLED):
        assert not may_follow(old, new)
    assert all(may_follow(old, Status.PAID) for old in set(Status) - SETTLED)


def test_tags_of_facts_differ() -> None:
    assert len({fact.tag for fact in FACTS}) == len(FACTS)


@given(st.integers(1, 10**12), st.sampled_from(CURRENCIES))
def test_what_is_sent_comes_back_to_the_unit(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    try:
        sent = to_stripe(money)
    except NotChargeable:
        assert currency in {"KWD", "TND", "ISK"}
    else:
        assert from_stripe(sent, currency.lower()) == money


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "status", "payment_status", "currency", "amount_total", "metadata", "payment_intent"]
)


@given(st.sampled_from(sorted(READERS)), st.dictionaries(names, json_values))
def test_no_shape_of_an_event_is_an_error(kind: str, thing: dict[str, object]) -> None:
    event_word({"type": kind, "data": {"object": thing}})
    assert isinstance(event_word({"type": kind, "data": thing}), Nothing)


async def test_an_illegal_move_is_refused(till: Till) -> None:
    payment = await till.request(method="cash")
    await till.call("cash_received", payment.id)
    async with till.desk.begin() as tx:
        paid = await locked(tx, payment.id)
        with pytest.raises(NotAllowed, match="paid → pending"):
            await move(tx, paid, Status.PENDING, till.clock())
    with pytest.raises(NotAllowed):
        await till.call("cancel", payment.id)


WRONG = [
    (PaymentRow, {"amount": 0}),
    (PaymentRow, {"currency": "kes"}),
    (PaymentRow, {"status": "almost"}),
    (PaymentRow, {"method": "barter"}),
    (PaymentRow, {"refunded": SHILLINGS.amount + 1}),
    (PaymentRow, {"status": "paid"}),
    (AttemptRow, {"received": -1}),
    (AttemptRow, {"promised": 1}),
    (AttemptRow, {"refunded": 1}),
]


@pytest.mark.parametrize(("table", "values"), WRONG)
async def test_the_database_refuses_what_cannot_be(
    till: Till, table: type[PaymentRow | AttemptRow], values: dict[str, object]
) -> None:
    await till.request()
    with pytest.raises(IntegrityError):
        async with till.desk.begin() as tx:
            await tx.execute(update(table).values(values))


async def test_the_database_refuses_a_second_open_payment_of_one_thing(till: Till) -> None:
    first = await till.request()
    copied = {
        column.name: column
        for column in PaymentRow.__table__.columns
        if column.name not in {"id", "uuid"}
    }
    again = insert(PaymentRow).from_select(
        list(copied), select(*copied.values()).where(PaymentRow.id == first.id)
    )
    with pytest.raises(IntegrityError, match="uq_payments_open_service"):
        async with till.desk.begin() as tx:
            await tx.execute(again)
