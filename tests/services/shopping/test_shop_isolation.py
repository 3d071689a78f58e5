"""Two businesses side by side: what belongs to one is not there for the people of the other.

Every public verb of the two services is either walked here or named as one that is not of a
business; a new one that is neither fails the test.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from services.businesses import Businesses, Draft
from services.businesses.facts import SentFile
from services.ground.errors import NotFound
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.shopping import Kind, NewReturn, NewVoucher, Shopping
from tests.services.shopping.conftest import Town

OF_NO_BUSINESS = {  # about the person themselves, or what every customer may see
    *("draft", "keep_draft", "drop_draft", "open", "listed", "business_of", "get", "by_slug"),
    *("member", "members", "members_to_tell", "ask", "register", "refusal"),
    *("categories", "subcategories", "category", "category_page", "featured", "product"),
    *("variant_of_sku", "search", "shop", "deliveries", "quote", "checkout"),
    *("cart", "add_to_cart", "set_quantity", "remove", "clear", "keep_changes", "orders"),
    *("address", "addresses", "save_address", "forget_address"),
    *("use_voucher", "voucher_on", "takes_vouchers", "is_code_taken"),
    *("reviews_of", "found_helpful", "held_until"),
    *("ask_return", "cancel_return", "may_return", "exchanges", "returns_of", "parcels"),
    *("reminder_due", "take_reminder", "remind_later", "returns_until"),
    *("receive_by", "name_address", "methods", "drop_vouchers", "purchase"),
    *("wait_for", "waits_for", "stop_waiting", "file_came", "file_failed"),
    *("reviewable", "reviewable_item", "rate", "add_words", "add_photo", "prove"),
}
OF_THE_PLATFORM = {  # operators, set-up, settlement and jobs: no member reaches them
    *("tell", "tell_until_answered"),
    *("approve", "refuse", "registered", "papers", "history", "limit_refunds"),
    *(
        "put_shop",
        "put_category",
        "put_product",
        "expire_unpaid_orders",
        "expire_reservations",
        "stock_drifts",
    ),
    *("repair_stock", "mark_paid", "mark_refunded", "payment_failed", "payment_expired"),
    *("rating_drifts", "repair_ratings", "went_back", "tell_waiting", "waiting_proof"),
    *("paper_files", "review_photos", "return_photos", "sent_pictures", "known", "put_rows"),
}


@dataclass
class There:
    """The other business: what a stranger might name."""

    business: int
    member: int
    invited: int
    message: int
    order: int
    number: int
    sku: str
    product: int
    voucher: int
    review: int
    parcel: int
    comes_back: int


MINE = NewVoucher("MINE", Kind.DELIVERY)
Attempt = Callable[[Businesses, Shopping, int, There], Awaitable[object]]

BUSINESSES: dict[str, Attempt] = {
    "require_member": lambda b, s, me, it: b.require_member(me, it.business),
    "keep_quiet": lambda b, s, me, it: b.keep_quiet(it.business, me, None),
    "want": lambda b, s, me, it: b.want(it.business, me, []),
    "invite": lambda b, s, me, it: b.invite(it.business, me, "owner", by=me),
    "invitation": lambda b, s, me, it: b.invitation(it.business, me),
    "invitations": lambda b, s, me, it: b.invitations(it.business, me),
    "accept": lambda b, s, me, it: b.accept(it.business, me),
    "decline": lambda b, s, me, it: b.decline(it.business, me),
    "withdraw": lambda b, s, me, it: b.withdraw(it.business, it.invited, by=me),
    "change_role": lambda b, s, me, it: b.change_role(it.business, it.member, "agent", by=me),
    "remove": lambda b, s, me, it: b.remove(it.business, it.member, by=me),
    "leave": lambda b, s, me, it: b.leave(it.business, me),
    "add_member": lambda b, s, me, it: b.add_member(it.business, me, "owner", [], by=me),
    "hand_in": lambda b, s, me, it: b.hand_in(it.business, me, [SentFile(key="aa.jpg")]),
    "message": lambda b, s, me, it: b.message(me, it.message),
    "answer": lambda b, s, me, it: b.answer(me, it.message, "Hello"),
}
SHOPPING: dict[str, Attempt] = {
    "add": lambda b, s, me, it: s.add(me, it.business, "Cap", 100, 1, ""),
    "change": lambda b, s, me, it: s.change(me, it.business, it.sku, price=1),
    "own": lambda b, s, me, it: s.own(me, it.sku),
    "own_product": lambda b, s, me, it: s.own_product(me, it.product),
    "shelves": lambda b, s, me, it: s.shelves(me, it.business, "en"),
    "own_named": lambda b, s, me, it: s.own_named(me, it.business, "soap"),
    "set_picture": lambda b, s, me, it: s.set_picture(me, it.product, "aa.jpg"),
    "currency": lambda b, s, me, it: s.currency(me, it.business),
    "expect_file": lambda b, s, me, it: s.expect_file(me, 1, "en", it.business),
    "say_whose": lambda b, s, me, it: s.say_whose(me, 1, it.business),
    "make_voucher": lambda b, s, me, it: s.make_voucher(me, it.business, MINE),
    "switch_voucher": lambda b, s, me, it: s.switch_voucher(me, it.voucher, on=False),
    "voucher": lambda b, s, me, it: s.voucher(me, it.voucher),
    "vouchers": lambda b, s, me, it: s.vouchers(me, it.business),
    "ship_part": lambda b, s, me, it: s.ship_part(it.order, me, {}, 0),
    "cancel_rest": lambda b, s, me, it: s.cancel_rest(it.order, me, "no"),
    "deliver_parcel": lambda b, s, me, it: s.deliver_parcel(it.parcel, me),
    "goods_return": lambda b, s, me, it: s.goods_return(me, it.comes_back),
    "accept_return": lambda b, s, me, it: s.accept_return(it.comes_back, me),
    "never_came": lambda b, s, me, it: s.never_came(it.comes_back, me),
    "decline_return": lambda b, s, me, it: s.decline_return(it.comes_back, me, "no"),
    "receive_return": lambda b, s, me, it: s.receive_return(it.comes_back, me, sell_again=True),
    "refund_return": lambda b, s, me, it: s.refund_return(it.comes_back, me),
    "send_exchange": lambda b, s, me, it: s.send_exchange(it.comes_back, me),
    "carts_waiting": lambda b, s, me, it: s.carts_waiting(me, it.business),
    "evening": lambda b, s, me, it: s.evening(me, it.business, s._now),
    "review": lambda b, s, me, it: s.review(it.review, me),
    "pending_reviews": lambda b, s, me, it: s.pending_reviews(me, it.business),
    "approve_review": lambda b, s, me, it: s.approve_review(it.review, 1, me),
    "refuse_review": lambda b, s, me, it: s.refuse_review(it.review, 1, me, "no"),
    "set_stock": lambda b, s, me, it: s.set_stock(me, it.sku, 0),
    "order": lambda b, s, me, it: s.order(me, it.order),
    "order_by_number": lambda b, s, me, it: s.order_by_number(me, it.number),
    "orders_of_business": lambda b, s, me, it: s.orders_of_business(me, it.business),
    "order_events": lambda b, s, me, it: s.order_events(me, it.order),
    "day": lambda b, s, me, it: s.day(me, it.business, s._now),
    "accept": lambda b, s, me, it: s.accept(it.order, me),
    "ship": lambda b, s, me, it: s.ship(it.order, me),
    "deliver": lambda b, s, me, it: s.deliver(it.order, me),
    "complete": lambda b, s, me, it: s.complete(it.order, me),
    "cancel": lambda b, s, me, it: s.cancel(it.order, me, "no"),
    "returnable": lambda b, s, me, it: s.returnable(it.order, me),
    "give_back": lambda b, s, me, it: s.give_back(it.order, me, Money(100, "KES"), "no", "key"),
    "others": lambda b, s, me, it: s.others(it.order, me),
}
ELSEWHERE = {  # needs a payment's request, or is the buyer's own: see the tests named
    "order_of_request": "test_returning",
    "decide_return": "test_returning",
    "renew": "test_shop_orders",
    "order_of_proof": "test_proving",
    "confirm_transfer": "test_proving",
    "decline_transfer": "test_proving",
}


async def two(tx: Transaction, town: Town) -> tuple[int, There]:
    """Somebody who owns a shop, and another shop with all there is to see."""
    _, me = await town.open_business(tx, "elsewhere")
    buyer, invited = await town.person(tx), await town.person(tx)
    variant = await town.goods(tx, "SOAP", left=9)
    order = await town.paid(tx, buyer, variant)
    businesses = town.businesses(tx)
    await businesses.invite(town.business, invited, "agent", by=town.owner)
    await businesses.ask(buyer, town.business, "Is it there?")
    message = await tx.scalar(text("SELECT max(id) FROM business_messages"))
    arrived = await town.paid(tx, buyer, variant)
    for move in (town.at(tx).accept, town.at(tx).ship, town.at(tx).deliver):
        await move(arrived.id, town.owner)
    review = await town.at(tx).rate(buyer, arrived.items[0].id, 5)
    [parcel] = await town.at(tx).parcels(buyer, arrived.id)
    back = await town.at(tx).ask_return(buyer, arrived.items[0].id, NewReturn(1, "size"))
    voucher = await town.voucher(tx, "HALF", Kind.PERCENT, basis_points=5000)
    return me, There(
        business=town.business,
        member=town.owner,
        invited=invited,
        message=message,
        order=order.id,
        number=order.order_number,
        sku="SOAP",
        product=review.product_id,
        voucher=voucher.id,
        review=review.id,
        parcel=parcel.id,
        comes_back=back.id,
    )


async def state(tx: Transaction) -> list[object]:
    """All that the other business has."""
    tables = (
        *("businesses", "business_members", "business_messages", "business_papers"),
        *("orders", "order_events", "products", "stock", "product_images"),
        *("vouchers", "product_reviews", "product_imports", "returns", "fulfilments"),
    )
    return [await tx.rows(text(f"SELECT * FROM {name} ORDER BY 1, 2")) for name in tables]


@pytest.mark.parametrize(
    "name", [*(f"b.{one}" for one in BUSINESSES), *(f"s.{one}" for one in SHOPPING)]
)
async def test_what_belongs_to_another_is_not_there(tx: Transaction, town: Town, name: str) -> None:
    me, there = await two(tx, town)
    before = await state(tx)
    service, _, verb = name.partition(".")
    attempt = (BUSINESSES if service == "b" else SHOPPING)[verb]
    with pytest.raises(NotFound):
        await attempt(town.businesses(tx), town.at(tx), me, there)
    assert await state(tx) == before


def test_every_verb_is_walked_or_named() -> None:
    known = OF_NO_BUSINESS | OF_THE_PLATFORM | {*BUSINESSES, *SHOPPING, *ELSEWHERE}
    verbs = {
        name
        for service in (Businesses, Shopping)
        for name, _ in inspect.getmembers(service, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }
    assert verbs - known == set()


async def test_a_draft_is_its_owner_s(tx: Transaction, town: Town) -> None:
    one, other = await town.person(tx), await town.person(tx)
    await town.businesses(tx).keep_draft(one, Draft(name="Mine"))
    assert await town.businesses(tx).draft(other) is None
