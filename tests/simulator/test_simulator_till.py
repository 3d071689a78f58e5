"""The page that a payer sees, the amounts on it, and the forms that Stripe's library sends."""

import pytest
import stripe

from bot.simulator.payments import currencies
from bot.simulator.payments.forms import nested
from tests.simulator.product_side import Outside, asked


async def test_the_page_pays_and_sends_the_browser_on(
    outside: Outside, client: stripe.StripeClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(
        asked(25001, "kwd")
        | {
            "line_items": [
                {
                    "price_data": {
                        "currency": "kwd",
                        "unit_amount": 25000,
                        "product_data": {"name": "<b>Chair</b>"},
                    }
                }
            ]
        }
    )
    assert session.url
    async with outside.http.get(session.url) as response:
        page = await response.text()
        assert "KWD 25.000" in page
        assert "&lt;b&gt;Chair" in page
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    async with outside.http.post(session.url, data={"end": "decline"}) as response:
        assert "declined" in await response.text()
    async with outside.http.post(
        session.url, data={"end": "pay"}, allow_redirects=False
    ) as response:
        assert response.status == 303
        assert response.headers["Location"] == f"https://shop.example/paid?session_id={session.id}"
    async with outside.http.get(session.url) as response:
        assert "Paid" in await response.text()


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (123456, "usd", "USD 1,234.56"),
        (5, "kes", "KES 0.05"),
        (123456, "jpy", "JPY 123,456"),
        (1230, "kwd", "KWD 1.230"),
        (500, "xof", "XOF 500"),
        (1000000, "ugx", "UGX 10,000.00"),
    ],
)
def test_amounts_are_written_right(amount: int, currency: str, words: str) -> None:
    assert currencies.shown(amount, currency) == words


def test_nested_forms() -> None:
    pairs = [
        ("a", "1"),
        ("b[c][d]", "2"),
        ("e[1][f]", "4"),
        ("e[0][f]", "3"),
        ("g[]", "5"),
        ("g[]", "6"),
    ]
    assert nested(pairs) == {
        "a": "1",
        "b": {"c": {"d": "2"}},
        "e": [{"f": "3"}, {"f": "4"}],
        "g": ["5", "6"],
    }
