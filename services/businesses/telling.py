"""Who of a business is told of what, and when: not in their quiet hours, and again where nobody
answers."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import any_, update

from services.businesses.business import Member, member_of_row, members
from services.businesses.desk import ACTIVE, Desk
from services.businesses.facts import DaySummary
from services.businesses.quiet import Quiet
from services.businesses.tables import DAILY, MemberRow
from services.ground.facts import Fact
from services.ground.recurrence import Recurrence

About = Literal["orders", "bookings", "tickets", "stock", "disputes", "reviews"]
FactFor = Callable[[int], Fact]
"""The fact as it is told to one member, by user id."""

PATIENCE = timedelta(minutes=10)  # before what nobody answered is told again, or to the next
NEXT = 3  # members who are told one after the other, when nobody answers
SUMMARY_HOUR = 20  # by the business's clock


class Telling(Desk):
    """What members hear of."""

    async def members_to_tell(self, business_id: int, about: About) -> list[int]:
        """User ids of the members who want to hear about `about`, in the order they came."""
        return [member.user_id for member in await self._wanting(business_id, about)]

    async def tell(self, business_id: int, about: About, fact_for: FactFor) -> None:
        """Every member who wants to hear of it: now, or when their quiet hours are over."""
        for member in await self._wanting(business_id, about):
            await self._tell(member, fact_for(member.user_id), self._now)

    async def tell_until_answered(
        self, business_id: int, about: About, fact_for: FactFor, again: FactFor
    ) -> None:
        """`tell`, and `again` after a while; later to one of the other members after the other.
        Whoever says `again` looks whether somebody has answered by then."""
        everybody = await self.members(business_id)
        wanting = [member for member in everybody if about in member.wants]
        for member in wanting:
            told_at = await self._tell(member, fact_for(member.user_id), self._now)
            await self._tell(member, again(member.user_id), told_at + PATIENCE)
        others = [member for member in everybody if about not in member.wants]
        for turn, member in enumerate(others[:NEXT], start=2 if wanting else 0):
            await self._tell(member, again(member.user_id), self._now + turn * PATIENCE)

    async def want(self, business_id: int, user_id: int, wants: Iterable[str]) -> Member:
        """Choose what to be told of; "summary" comes every evening. Raises NotFound."""
        member = await self.require_member(user_id, business_id)
        chosen = list(wants)
        if (DAILY in chosen) != (DAILY in member.wants):
            await self._summarise(member, wanted=DAILY in chosen)
        await self._set(business_id, user_id, wants=chosen)
        return await self.require_member(user_id, business_id)

    async def keep_quiet(self, business_id: int, user_id: int, quiet: Quiet | None) -> Member:
        """Choose when to be told nothing. Raises NotFound."""
        await self.require_member(user_id, business_id)
        start, end = (None, None) if quiet is None else (quiet.start, quiet.end)
        await self._set(business_id, user_id, quiet_from=start, quiet_until=end)
        return await self.require_member(user_id, business_id)

    async def _wanting(self, business_id: int, about: About) -> list[Member]:
        wanting = members().where(
            MemberRow.business_id == business_id, ACTIVE, any_(MemberRow.wants) == about
        )
        return [member_of_row(row) for row in await self._tx.rows(wanting.order_by(MemberRow.id))]

    async def _tell(self, member: Member, fact: Fact, at: datetime) -> datetime:
        """At that time, or when the quiet hours are over that hold then; answers when."""
        if member.quiet is not None:
            business = await self.get(member.business_id)
            at = member.quiet.until(at, business.time_zone) or at
        if at > self._now:
            await self._facts.schedule(self._tx, fact, at)
        else:
            await self._facts.announce(self._tx, fact)
        return at

    async def _summarise(self, member: Member, *, wanted: bool) -> None:
        fact = DaySummary(user_id=member.user_id, business_id=member.business_id)
        if not wanted:
            await self._facts.cancel(self._tx, fact)
            return
        zone = (await self.get(member.business_id)).time_zone
        here = self._now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        starts = here.replace(hour=SUMMARY_HOUR, minute=0, second=0, microsecond=0)
        await self._facts.repeat(self._tx, fact, Recurrence("FREQ=DAILY", starts, zone), self._now)

    async def _set(self, business_id: int, user_id: int, **values: object) -> None:
        row = update(MemberRow)
        row = row.where(MemberRow.business_id == business_id, MemberRow.user_id == user_id)
        await self._tx.execute(row.values(**values))
