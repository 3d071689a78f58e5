"""What every part of the businesses service works with: who belongs where, and what was done."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from services.businesses.business import (
    Business,
    Member,
    business_of_row,
    businesses,
    member_of_row,
    members,
)
from services.businesses.errors import NotPermitted
from services.businesses.rights import Right, may
from services.businesses.tables import BusinessRow, EventRow, MemberRow
from services.ground.errors import NotFound
from services.ground.facts import Facts
from services.ground.transaction import Transaction

ACTIVE = MemberRow.joined_at.is_not(None) & MemberRow.left_at.is_(None)


class Desk:
    """Businesses as one transaction sees them."""

    def __init__(self, *, tx: Transaction, now: datetime, facts: Facts) -> None:
        self._tx = tx
        self._now = now
        self._facts = facts

    async def get(self, business_id: int) -> Business:
        """Raises NotFound."""
        return _one(await self._tx.row(businesses().where(BusinessRow.id == business_id)))

    async def by_slug(self, slug: str) -> Business:
        """Raises NotFound."""
        return _one(await self._tx.row(businesses().where(BusinessRow.slug == slug)))

    async def member(self, user_id: int, business_id: int) -> Member | None:
        """The membership, if the person belongs to the business."""
        row = await self._tx.row(
            members().where(
                MemberRow.user_id == user_id, MemberRow.business_id == business_id, ACTIVE
            )
        )
        return None if row is None else member_of_row(row)

    async def require_member(
        self, user_id: int, business_id: int, right: Right = "orders"
    ) -> Member:
        """Raises NotFound: somebody else's business is not there at all; and NotPermitted."""
        member = await self.member(user_id, business_id)
        if member is None:
            raise NotFound("business")
        if not may(member.role, right):
            raise NotPermitted
        return member

    async def members(self, business_id: int) -> list[Member]:
        """Who belongs to a business, in the order they came."""
        here = members().where(MemberRow.business_id == business_id, ACTIVE)
        return [member_of_row(row) for row in await self._tx.rows(here.order_by(MemberRow.id))]

    async def _lock(self, business_id: int) -> Business:
        """The business and its people, ours until the transaction ends. Raises NotFound."""
        row = select(BusinessRow.id).where(BusinessRow.id == business_id)
        await self._tx.execute(row.with_for_update())
        return await self.get(business_id)

    async def _change(self, business_id: int, **values: Any) -> None:
        changed = update(BusinessRow).where(BusinessRow.id == business_id)
        await self._tx.execute(changed.values(updated_at=self._now, **values))

    async def _note(
        self,
        business_id: int,
        what: str,
        *,
        by: int | None = None,
        operator: str | None = None,
        about: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Write down who did what: a member, or an operator of the platform."""
        await self._tx.execute(
            insert(EventRow).values(
                business_id=business_id,
                what=what,
                user_id=by,
                operator=operator,
                about_id=about,
                detail=detail,
                created_at=self._now,
            )
        )


def _one(row: Any) -> Business:
    if row is None:
        raise NotFound("business")
    return business_of_row(row)
