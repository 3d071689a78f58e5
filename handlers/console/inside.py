"""What lies behind a phone: the session, the cart and the last orders of whoever holds it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot import sessions
from bot.database.connections import Database
from bot.language import money
from services import Services
from services.ground.people import Person
from services.ground.transaction import Transaction

SHOWN = 5  # orders


@dataclass(frozen=True)
class Inside:
    database: Database
    serve: Callable[[Transaction, Person, datetime], Services]

    async def look(self, identity: str) -> dict[str, object] | None:
        """By phone (its + may be missing) or user id; None for somebody who never wrote."""
        value = f"+{identity}" if identity.isdigit() else identity
        async with self.database.pool.acquire() as db:
            session = await sessions.peek(db, value)
        if session is None:
            return None
        state: dict[str, Any] = session["state"] or {}
        return {
            "language": session["language"],
            "current_service": session["current_service"],
            "current_step": session["current_step"],
            "stack": state.get("stack", []),
            "offered": state.get("offered", []),
            **await self._shopping(session["user_id"]),
        }

    async def _shopping(self, user_id: int) -> dict[str, object]:
        async with self.database.transaction() as tx:
            person = Person(user_id, None, "en", "UTC")
            shop = self.serve(tx, person, datetime.now(UTC)).shopping
            cart = await shop.cart(user_id)
            orders = await shop.orders(user_id, limit=SHOWN)
        lines = (
            [{"name": line.name, "quantity": line.quantity} for line in cart.lines] if cart else []
        )
        return {
            "cart": lines,
            "orders": [
                {
                    "number": order.order_number,
                    "status": order.status,
                    "payment": order.payment_status,
                    "total": money(order.total),
                }
                for order in orders.items
            ],
        }
