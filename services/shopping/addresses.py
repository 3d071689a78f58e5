"""Where a person receives things: saved, listed newest used first, forgotten."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

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
        """Keep an address; the very same one is kept once."""
        fields = {name: getattr(address, name) for name in NewAddress.__slots__}
        same = [getattr(_a, name).is_not_distinct_from(value) for name, value in fields.items()]
        known = update(_a).where(_a.user_id == user_id, *same).returning(*_FIELDS)
        row = (await self._tx.execute(known.values(used_at=self._now, is_hidden=False))).first()
        if row is None:
            made = insert(_a).values(user_id=user_id, used_at=self._now, **fields)
            row = (await self._tx.execute(made.returning(*_FIELDS))).one()
        return address_of(row)

    async def addresses(self, user_id: int, limit: int = 9) -> list[Address]:
        """The person's addresses, last used first."""
        mine = select(*_FIELDS).where(_a.user_id == user_id, _a.is_hidden.is_(False))
        newest = mine.order_by(_a.used_at.desc(), _a.id.desc()).limit(limit)
        return [address_of(row) for row in await self._tx.rows(newest)]

    async def address(self, user_id: int, address_id: int) -> Address:
        """Raises NotFound."""
        row = await self._tx.row(select(*_FIELDS).where(_a.user_id == user_id, _a.id == address_id))
        if row is None:
            raise NotFound("address")
        return address_of(row)

    async def forget_address(self, user_id: int, address_id: int) -> None:
        """Offer it no more; forgetting twice is fine. Orders keep their own copy."""
        mine = update(_a).where(_a.user_id == user_id, _a.id == address_id)
        await self._tx.execute(mine.values(is_hidden=True))

    async def _use_address(self, user_id: int, address_id: int) -> Address:
        mine = update(_a).where(_a.user_id == user_id, _a.id == address_id)
        await self._tx.execute(mine.values(used_at=self._now))
        return await self.address(user_id, address_id)


def address_of(row: Row[Any]) -> Address:
    return Address(**row._mapping)
