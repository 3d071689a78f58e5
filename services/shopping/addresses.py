"""Where a person receives things: saved, listed newest used first, forgotten."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from services.ground.errors import NotFound
from services.shopping.desk import Desk
from services.shopping.order import Address
from services.shopping.tables import AddressRow

_a = AddressRow
_FIELDS = (
    _a.id, _a.label, _a.recipient, _a.phone, _a.line, _a.city, _a.latitude, _a.longitude,
    _a.directions,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewAddress:
    """Words, a shared location (WGS 84 degrees), or both."""

    line: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    directions: str | None = None
    label: str | None = None
    recipient: str | None = None
    phone: str | None = None  # E.164


class Addresses(Desk):
    """A person's own addresses; somebody else's are not found."""

    async def save_address(self, user_id: int, address: NewAddress) -> Address:
        """Keep an address; the very same one is kept once, whatever it is called."""
        fields = {name: getattr(address, name) for name in NewAddress.__slots__}
        called = fields.pop("label")
        same = [getattr(_a, name).is_not_distinct_from(value) for name, value in fields.items()]
        known = update(_a).where(_a.user_id == user_id, *same).returning(*_FIELDS)
        fields["label"] = called
        label = func.coalesce(called, _a.label)
        row = (await self._tx.execute(known.values(used_at=self._now, label=label))).first()
        if row is None:
            made = insert(_a).values(user_id=user_id, used_at=self._now, **fields)
            row = (await self._tx.execute(made.returning(*_FIELDS))).one()
        return address_of(row)

    async def addresses(self, user_id: int, limit: int = 9) -> list[Address]:
        """The person's addresses, last used first."""
        mine = select(*_FIELDS).where(_a.user_id == user_id)
        newest = mine.order_by(_a.used_at.desc(), _a.id.desc()).limit(limit)
        return [address_of(row) for row in await self._tx.rows(newest)]

    async def address(self, user_id: int, address_id: int) -> Address:
        """Raises NotFound."""
        row = await self._tx.row(select(*_FIELDS).where(_a.user_id == user_id, _a.id == address_id))
        if row is None:
            raise NotFound("address")
        return address_of(row)

    async def forget_address(self, user_id: int, address_id: int) -> None:
        """It is gone; forgetting twice is fine. Orders keep their own copy."""
        mine = delete(_a).where(_a.user_id == user_id, _a.id == address_id)
        await self._tx.execute(mine)

    async def name_address(self, user_id: int, address_id: int, label: str | None) -> Address:
        """Call it something, or nothing. Raises NotFound."""
        return await self._change(user_id, address_id, label=label)

    async def receive_by(
        self, user_id: int, address_id: int, name: str, phone: str | None
    ) -> Address:
        """Who receives there, `phone` in E.164. Raises NotFound."""
        return await self._change(user_id, address_id, recipient=name, phone=phone)

    async def _change(self, user_id: int, address_id: int, **values: str | None) -> Address:
        mine = update(_a).where(_a.user_id == user_id, _a.id == address_id)
        await self._tx.execute(mine.values(values))
        return await self.address(user_id, address_id)

    async def _use_address(self, user_id: int, address_id: int) -> Address:
        mine = update(_a).where(_a.user_id == user_id, _a.id == address_id)
        await self._tx.execute(mine.values(used_at=self._now))
        return await self.address(user_id, address_id)


def address_of(row: Row[Any]) -> Address:
    return Address(**row._mapping)
