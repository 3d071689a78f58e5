"""The businesses service's public face: everything it can do, in one transaction, in one class."""

from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert

from services.businesses.business import Business, business_of_row, businesses
from services.businesses.desk import ACTIVE
from services.businesses.messages import Messages
from services.businesses.tables import BusinessRow, MemberRow
from services.businesses.verifying import Verifying
from services.ground.money import CurrencyMismatch, Money

_LISTED = (BusinessRow.status == "active") & (BusinessRow.verification == "approved")


def selling() -> Select[int]:
    """Ids of the businesses that are listed: for another service's statement about its goods."""
    return select(BusinessRow.id).where(_LISTED)


class Businesses(Verifying, Messages):
    """Businesses as one transaction sees them.

    Opening one is in opening.py, its papers in verifying.py, its people in membership.py, what
    they hear of in telling.py, what is written to them in messages.py.
    """

    async def listed(self, type: str | None = None) -> list[Business]:
        """Approved and open businesses by name: what a person may shop at."""
        found = businesses().where(_LISTED)
        found = found if type is None else found.where(BusinessRow.type == type)
        rows = await self._tx.rows(found.order_by(BusinessRow.name, BusinessRow.id))
        return [business_of_row(row) for row in rows]

    async def business_of(self, user_id: int) -> list[Business]:
        """The businesses a person is a member of, oldest first; empty for most people."""
        mine = businesses().join(MemberRow, MemberRow.business_id == BusinessRow.id)
        mine = mine.where(MemberRow.user_id == user_id, ACTIVE).order_by(BusinessRow.id)
        return [business_of_row(row) for row in await self._tx.rows(mine)]

    async def register(
        self,
        *,
        owner_id: int,
        slug: str,
        name: str,
        country: str,
        currency: str,
        time_zone: str,
        **about: Any,
    ) -> Business:
        """A business by its slug, made once with its owner; registering it again changes nothing.

        For set-up. `about` are further fields of Business. Raises NotFound when the slug is
        somebody else's.
        """
        values = {"slug": slug, "name": name, "country": country, "currency": currency}
        made = await self._tx.scalar(
            insert(BusinessRow)
            .values(time_zone=time_zone, **values, **about)
            .on_conflict_do_nothing(index_elements=["slug"])
            .returning(BusinessRow.id)
        )
        if made is not None:
            await self._join(made, owner_id, "owner")
            await self._note(made, "registered", by=owner_id)
        business = await self.by_slug(slug)
        await self.require_member(owner_id, business.id)
        return business

    async def limit_refunds(self, business_id: int, limit: Money | None) -> Business:
        """Up to how much one member gives back alone; None: as the platform says. Raises
        NotFound, CurrencyMismatch."""
        business = await self.get(business_id)
        if limit is not None and limit.currency != business.currency:
            raise CurrencyMismatch(limit.currency)
        own = None if limit is None else limit.amount
        here = update(BusinessRow).where(BusinessRow.id == business_id)
        await self._tx.execute(here.values(refund_limit=own))
        return await self.get(business_id)
