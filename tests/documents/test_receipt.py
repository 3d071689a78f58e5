"""Receipts: what stands on them, in the currency's own decimals, and the same bytes each time."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.documents.receipt import drawn, worded
from services.businesses.business import Business
from services.ground.money import Money
from services.payments.tables import METHODS
from services.receipts import Item, Receipt

SELLER = Business(
    id=1, slug="duka", name="Duka la Mfano", type="shop", description=None, contact_phone=None,
    contact_email="duka@example.com", address="Mfano House", latitude=None, longitude=None,
    country="KE", currency="KES", time_zone="Africa/Nairobi", languages=("en",), logo=None,
    tax_id="P000", fee_basis_points=0, refund_limit=Money(0, "KES"),
    verification="approved", status="active",
)  # fmt: skip


def receipt(currency: str = "KES", **changes: Any) -> Receipt:
    def money(amount: int) -> Money:
        return Money(amount, currency)

    plain = Receipt(
        number="000007",
        paid_at=datetime(2026, 11, 24, 21, 30, tzinfo=UTC),
        time_zone="Africa/Nairobi",
        method="stripe",
        buyer="Amina *Otieno* #set",
        seller=SELLER,
        what="1042",
        items=(Item("Maize flour 2 kg", 2, money(185_50), money(371_00)),),
        shipping=money(200_00),
        tax=money(51_17),
        tax_included=True,
        discount=money(0),
        total=money(571_00),
        refunded=money(0),
    )
    return replace(plain, **changes)


def test_what_stands_on_it() -> None:
    said = worded(receipt(), "en")
    assert said["title"] == "Receipt 000007"
    assert said["seller"] == ["Duka la Mfano", "Mfano House", "duka@example.com", "Tax number P000"]
    assert said["about"] == [
        "For Amina *Otieno* #set",
        "Order 1042",
        "25 November 2026, 00:30",  # the person's day, not the server's
        "Paid by card",
    ]
    assert said["items"] == [["Maize flour 2 kg", "2", "Ksh 185.50", "Ksh 371"]]
    assert said["sums"] == [["Delivery", "Ksh 200"], ["Tax included", "Ksh 51.17"]]
    assert (said["total"], said["after"]) == (["Paid", "Ksh 571"], [])


def test_what_a_voucher_took_off_stands_on_it() -> None:
    said = worded(receipt(discount=Money(50_00, "KES")), "en")
    assert ["Discount", "-Ksh 50"] in said["sums"]


@pytest.mark.parametrize(
    ("currency", "total"),
    [("JPY", "¥57,100"), ("USD", "$571.00"), ("KWD", "KWD 57.100"), ("UGX", "USh 57,100")],
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, total: str) -> None:
    assert worded(receipt(currency), "en")["total"] == ["Paid", total]


def test_in_swahili_and_what_went_back() -> None:
    said = worded(receipt(refunded=Money(100_00, "KES"), method="cash"), "sw")
    assert (said["title"], said["after"]) == ("Risiti 000007", [["Zilizorudishwa", "Ksh 100"]])
    assert "Imelipwa taslimu" in said["about"]


@pytest.mark.parametrize("method", METHODS)
def test_every_way_to_pay_has_a_name(method: str) -> None:
    assert worded(receipt(method=method), "en")["about"][-1] != f"Paid with {method}"


async def test_the_same_receipt_is_the_same_bytes() -> None:
    first, second = await drawn(receipt(), "en"), await drawn(receipt(), "en")
    assert first.startswith(b"%PDF-")
    assert first == second
    assert await drawn(receipt(), "sw") != first


async def test_names_of_any_script_and_long_orders_are_drawn() -> None:
    nothing = Money(0, "INR")
    items = tuple(Item(f"वस्तु عنصر {n}" * 9, n, nothing, nothing) for n in range(120))
    many = receipt("INR", buyer="आशा 🎉 " + "x" * 300, items=items, seller=None)
    assert (await drawn(many, "en")).startswith(b"%PDF-")


async def test_it_is_not_drawn_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    threads: list[threading.Thread] = []
    compile_ = typst.compile

    def noted(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return compile_(*args, **kwargs)

    monkeypatch.setattr(typst, "compile", noted)
    await drawn(receipt(), "en")
    assert threads[0] is not threading.main_thread()
