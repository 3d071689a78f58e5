"""Verification: papers handed in by an owner, approved or refused by an operator, all kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from services.businesses.business import Business, business_of_row, businesses
from services.businesses.errors import NothingToDecide, TooManyPapers
from services.businesses.facts import BusinessApproved, BusinessRefused, SentFile
from services.businesses.opening import Opening
from services.businesses.tables import BusinessRow, EventRow, PaperRow

MOST_PAPERS = 20  # of one business, over all its attempts


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that was handed in, by its key in the files port."""

    file_key: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a business's history: `user_id` a member, or `operator`, did it."""

    what: str
    user_id: int | None
    operator: str | None
    about_id: int | None
    detail: str | None
    created_at: datetime


class Verifying(Opening):
    """Registered (unverified) → papers are in (pending) → approved, or refused with a reason;
    after a refusal with better papers again."""

    async def hand_in(self, business_id: int, by: int, files: Sequence[SentFile]) -> Business:
        """Papers of an owner; the same one again changes nothing. Raises NotFound, NotPermitted,
        TooManyPapers."""
        business = await self._lock(business_id)
        await self.require_member(by, business_id, "settings")
        kept = select(func.count()).where(PaperRow.business_id == business_id)
        if await self._tx.scalar(kept) + len(files) > MOST_PAPERS:
            raise TooManyPapers
        for file in files:
            paper = insert(PaperRow).values(
                business_id=business_id,
                file_key=file.key,
                name=file.name,
                sent_by=by,
                created_at=self._now,
            )
            await self._tx.execute(paper.on_conflict_do_nothing())
        await self._note(business_id, "papers", by=by, detail=str(len(files)))
        if business.verification in ("unverified", "refused"):
            await self._change(business_id, verification="pending")
        return await self.get(business_id)

    async def approve(self, slug: str, operator: str) -> Business:
        """From now on it is listed, and sells. Raises NotFound, NothingToDecide."""
        business = await self._lock((await self.by_slug(slug)).id)
        if business.verification not in ("pending", "refused"):
            raise NothingToDecide
        await self._decide(business, "approved", operator)
        for owner in await self._owners(business.id):
            fact = BusinessApproved(user_id=owner, business_id=business.id, at=self._now)
            await self._facts.announce(self._tx, fact)
        return await self.get(business.id)

    async def refuse(self, slug: str, operator: str, reason: str) -> Business:
        """It is not listed, or not any more; the owners read `reason`. Raises NotFound,
        NothingToDecide."""
        business = await self._lock((await self.by_slug(slug)).id)
        if business.verification not in ("pending", "approved"):
            raise NothingToDecide
        await self._decide(business, "refused", operator, reason)
        for owner in await self._owners(business.id):
            fact = BusinessRefused(
                user_id=owner, business_id=business.id, at=self._now, reason=reason
            )
            await self._facts.announce(self._tx, fact)
        return await self.get(business.id)

    async def registered(self) -> list[Business]:
        """Every business, for operators: those that wait for a decision first."""
        waits = BusinessRow.verification == "pending"
        rows = await self._tx.rows(businesses().order_by(waits.desc(), BusinessRow.id))
        return [business_of_row(row) for row in rows]

    async def papers(self, business_id: int) -> list[Paper]:
        """What was handed in, oldest first; for operators."""
        p = PaperRow
        rows = select(p.file_key, p.name, p.created_at).where(p.business_id == business_id)
        return [Paper(**row._mapping) for row in await self._tx.rows(rows.order_by(p.id))]

    async def paper_files(self) -> list[str]:
        """The files that were handed in, by any business: to be kept."""
        return list(await self._tx.scalars(select(PaperRow.file_key)))

    async def history(self, business_id: int) -> list[Event]:
        """Who did what, oldest first; for operators."""
        e = EventRow
        rows = select(e.what, e.user_id, e.operator, e.about_id, e.detail, e.created_at)
        rows = rows.where(e.business_id == business_id).order_by(e.id)
        return [Event(**row._mapping) for row in await self._tx.rows(rows)]

    async def refusal(self, business_id: int) -> str | None:
        """Why it was refused the last time."""
        e = EventRow
        why = select(e.detail).where(e.business_id == business_id, e.what == "refused")
        found: str | None = await self._tx.scalar(why.order_by(e.id.desc()).limit(1))
        return found

    async def _decide(
        self, business: Business, what: str, operator: str, reason: str | None = None
    ) -> None:
        await self._change(business.id, verification=what)
        await self._note(business.id, what, operator=operator, detail=reason)

    async def _owners(self, business_id: int) -> list[int]:
        return [one.user_id for one in await self.members(business_id) if one.role == "owner"]
