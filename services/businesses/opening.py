"""Opening a shop: a draft that is kept while its owner answers, and the business made of it."""

import re
import unicodedata
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.businesses.business import Business
from services.businesses.desk import ACTIVE
from services.businesses.errors import TooManyShops
from services.businesses.membership import Membership
from services.businesses.tables import BusinessRow, DraftRow, MemberRow
from services.ground.errors import NotFound

MOST_UNAPPROVED = 3  # shops of one owner that nobody has verified yet
LONGEST_SLUG = 56  # characters, before a number that makes it the only one

Hands = Literal["pickup", "delivery", "both"]


class Draft(BaseModel):
    """What is known of a shop that is being opened; None is not answered yet."""

    model_config = ConfigDict(frozen=True)

    name: str | None = None
    sells: str | None = None
    country: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    language: str = "en"
    has_place: bool | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    hands: Hands | None = None
    fee: int | None = None  # of a delivery, in minor units of `currency`
    cash: bool | None = None


class Opening(Membership):
    """Verbs of a person who has no business yet, or another one."""

    async def draft(self, user_id: int) -> Draft | None:
        """What the person has answered so far; None when nothing was begun."""
        answers = select(DraftRow.answers).where(DraftRow.user_id == user_id)
        found = await self._tx.scalar(answers)
        return None if found is None else Draft.model_validate(found)

    async def keep_draft(self, user_id: int, draft: Draft) -> None:
        values = {"answers": draft.model_dump(mode="json"), "updated_at": self._now}
        kept = insert(DraftRow).values(user_id=user_id, **values)
        await self._tx.execute(kept.on_conflict_do_update(index_elements=["user_id"], set_=values))

    async def drop_draft(self, user_id: int) -> None:
        await self._tx.execute(delete(DraftRow).where(DraftRow.user_id == user_id))

    async def open(self, owner_id: int) -> Business:
        """Make the business of the owner's draft, which is used up. It is not listed until it is
        approved. Raises NotFound (no draft, or not all answered), TooManyShops."""
        if await self._unapproved(owner_id) >= MOST_UNAPPROVED:
            raise TooManyShops
        used = delete(DraftRow).where(DraftRow.user_id == owner_id)
        answers = await self._tx.scalar(used.returning(DraftRow.answers))
        draft = Draft() if answers is None else Draft.model_validate(answers)
        if not draft.name or not (draft.country and draft.currency and draft.time_zone):
            raise NotFound("draft")
        business_id = await self._named(
            slug_of(draft.name),
            name=draft.name,
            description=draft.sells,
            country=draft.country,
            currency=draft.currency,
            time_zone=draft.time_zone,
            languages=[draft.language],
            address=draft.address,
            latitude=draft.latitude,
            longitude=draft.longitude,
        )
        await self._join(business_id, owner_id, "owner")
        await self._note(business_id, "registered", by=owner_id)
        return await self.get(business_id)

    async def _named(self, slug: str, **values: object) -> int:
        """The business by a slug that nobody has: the database says whether it is taken."""
        number = 1
        while True:
            tried = slug if number == 1 else f"{slug}-{number}"
            made = await self._tx.scalar(
                insert(BusinessRow)
                .values(slug=tried, **values)
                .on_conflict_do_nothing(index_elements=["slug"])
                .returning(BusinessRow.id)
            )
            if made is not None:
                return int(made)
            number += 1

    async def _unapproved(self, owner_id: int) -> int:
        mine = select(func.count(BusinessRow.id))
        mine = mine.join(MemberRow, MemberRow.business_id == BusinessRow.id)
        mine = mine.where(MemberRow.user_id == owner_id, MemberRow.role == "owner", ACTIVE)
        return int(await self._tx.scalar(mine.where(BusinessRow.verification != "approved")))


def slug_of(name: str) -> str:
    """A name as it stands in an address: "Mama Mboga & Sons" is mama-mboga-sons."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words)[:LONGEST_SLUG].strip("-") or "shop"
