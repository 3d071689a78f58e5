"""What the world holds, for the `=` lines of a story."""

from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from bot.database.connections import Database
from tests.conversations.phone import Phone
from tests.conversations.till import Till


@dataclass
class Holdings:
    """Reads the tables behind the services' backs, so that nobody can talk their way out."""

    database: Database
    till: Till = field(default_factory=Till)
    phonepe: Till = field(init=False, default_factory=lambda: Till("phonepe"))

    mpesa: Till = field(init=False, default_factory=lambda: Till("mpesa", on_phone=True))

    @property
    def tills(self) -> dict[str, Till]:
        return {till.name: till for till in (self.till, self.phonepe, self.mpesa)}

    async def holds(self, what: str, phone: Phone) -> str:
        """The value behind `= what:`."""
        noun, _, which = what.partition(" ")
        return str(await getattr(self, f"_{noun}")(which, phone))

    async def _order(self, number: str, phone: Phone) -> str:
        row = await self._row(
            "SELECT status, payment_status FROM orders WHERE order_number = $1", int(number)
        )
        return f"{row['status']}, {row['payment_status']}" if row else "none"

    async def _orders(self, _: str, phone: Phone) -> str:
        return str(await self.value("SELECT count(*) FROM orders"))

    async def _voucher(self, code: str, phone: Phone) -> str:
        row = await self._row("SELECT uses, max_uses FROM vouchers WHERE code = $1", code)
        return f"{row['uses']} of {row['max_uses'] or 'any'} used"

    async def _business(self, slug: str, phone: Phone) -> str:
        return str(await self.value("SELECT verification FROM businesses WHERE slug = $1", slug))

    async def _stock(self, sku: str, phone: Phone) -> str:
        row = await self._row(
            """SELECT s.quantity, s.allocated FROM stock s JOIN product_variants v
               ON v.id = s.variant_id WHERE v.sku = $1""",
            sku,
        )
        return f"{row['quantity']}, {row['allocated']} promised"

    async def _rating(self, sku: str, phone: Phone) -> str:
        """What a product shows."""
        row = await self._row("SELECT rating, reviews_count FROM products WHERE sku = $1", sku)
        return f"{row['rating']} of {row['reviews_count']}"

    async def _cart(self, _: str, phone: Phone) -> str:
        async with self.database.pool.acquire() as db:
            rows = await db.fetch(
                """SELECT i.quantity, v.sku FROM cart_items i JOIN product_variants v
                   ON v.id = i.variant_id WHERE i.user_id = $1 ORDER BY i.id""",
                phone.user_id,
            )
        return ", ".join(f"{row['quantity']} × {row['sku']}" for row in rows) or "empty"

    async def _step(self, _: str, phone: Phone) -> str:
        return str(
            await self.value("SELECT current_step FROM sessions WHERE user_id = $1", phone.user_id)
        )

    async def _language(self, _: str, phone: Phone) -> str:
        return str(await self.value("SELECT language FROM users WHERE id = $1", phone.user_id))

    async def _parked(self, _: str, phone: Phone) -> str:
        return str(await self.value("SELECT count(*) FROM inbox WHERE state = 'parked'"))

    async def _wallet(self, _: str, phone: Phone) -> str:
        rows = await self.value(
            """SELECT string_agg(balance || ' ' || currency, ', ' ORDER BY currency)
               FROM ledger_accounts WHERE user_id = $1""",
            phone.user_id,
        )
        return str(rows or "none")

    async def _books(self, _: str, phone: Phone) -> str:
        """What the accounts come to, by kind."""
        held = await self.value(
            """SELECT string_agg(kind || ' ' || sum, ', ' ORDER BY kind) FROM (
                     SELECT kind, sum(balance) FROM ledger_accounts GROUP BY kind
                     HAVING sum(balance) <> 0) AS s"""
        )
        return str(held or "nothing")

    async def _refunds(self, _: str, phone: Phone) -> str:
        return str(len(self.till.refunds))

    async def _offers(self, _: str, phone: Phone) -> str:
        stopped = await self.value(
            "SELECT marketing_stopped_at IS NOT NULL FROM users WHERE id = $1", phone.user_id
        )
        return "stopped" if stopped else "welcome"

    async def _row(self, statement: str, *values: Any) -> Any:
        async with self.database.pool.acquire() as db:
            return await db.fetchrow(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.database.pool.acquire() as db:
            return await db.fetchval(statement, *values)

    async def state(self, phone: Phone) -> dict[str, Any]:
        """The stored session."""
        stored = await self.value(
            "SELECT state::text FROM sessions WHERE user_id = $1", phone.user_id
        )
        return cast(dict[str, Any], orjson.loads(stored))
