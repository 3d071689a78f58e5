"""Businesses and their people: who may see what, and who is told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import any_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.businesses.business import (
    Business,
    Member,
    Message,
    business_of_row,
    businesses,
    member_of_row,
    members,
)
from services.businesses.facts import BusinessAnswered, PersonAsked, SentFile
from services.businesses.tables import NOTICES, BusinessRow, MemberRow, MessageRow
from services.ground.errors import NotFound
from services.ground.facts import Facts
from services.ground.money import CurrencyMismatch, Money
from services.ground.people import User
from services.ground.transaction import Transaction

Role = Literal["owner", "manager", "agent"]
About = Literal["orders", "bookings", "tickets", "stock", "disputes", "reviews"]

ACTIVE = MemberRow.joined_at.is_not(None) & MemberRow.left_at.is_(None)


class Businesses:
    """Businesses as one transaction sees them."""

    def __init__(self, *, tx: Transaction, now: datetime, facts: Facts) -> None:
        self._tx = tx
        self._now = now
        self._facts = facts

    async def get(self, business_id: int) -> Business:
        """Raises NotFound."""
        return self._one(await self._tx.row(businesses().where(BusinessRow.id == business_id)))

    async def by_slug(self, slug: str) -> Business:
        """Raises NotFound."""
        return self._one(await self._tx.row(businesses().where(BusinessRow.slug == slug)))

    async def listed(self, type: str | None = None) -> list[Business]:
        """Approved and open businesses by name: what a person may shop at."""
        found = businesses().where(
            BusinessRow.status == "active", BusinessRow.verification == "approved"
        )
        found = found if type is None else found.where(BusinessRow.type == type)
        rows = await self._tx.rows(found.order_by(BusinessRow.name, BusinessRow.id))
        return [business_of_row(row) for row in rows]

    async def business_of(self, user_id: int) -> list[Business]:
        """The businesses a person is a member of, oldest first; empty for most people."""
        mine = businesses().join(MemberRow, MemberRow.business_id == BusinessRow.id)
        mine = mine.where(MemberRow.user_id == user_id, ACTIVE).order_by(BusinessRow.id)
        return [business_of_row(row) for row in await self._tx.rows(mine)]

    async def member(self, user_id: int, business_id: int) -> Member | None:
        """The membership, if the person belongs to the business."""
        row = await self._tx.row(
            members().where(
                MemberRow.user_id == user_id, MemberRow.business_id == business_id, ACTIVE
            )
        )
        return None if row is None else member_of_row(row)

    async def require_member(self, user_id: int, business_id: int) -> Member:
        """Raises NotFound: somebody else's business is not there at all."""
        member = await self.member(user_id, business_id)
        if member is None:
            raise NotFound("business")
        return member

    async def members(self, business_id: int) -> list[Member]:
        """Who belongs to a business, in the order they came."""
        here = members().where(MemberRow.business_id == business_id, ACTIVE)
        return [member_of_row(row) for row in await self._tx.rows(here.order_by(MemberRow.id))]

    async def members_to_tell(self, business_id: int, about: About) -> list[int]:
        """User ids of the members who want to hear about `about`, in the order they came."""
        wanting = members().where(
            MemberRow.business_id == business_id, ACTIVE, any_(MemberRow.wants) == about
        )
        return [row.user_id for row in await self._tx.rows(wanting.order_by(MemberRow.id))]

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

        `about` are further fields of Business. Raises NotFound when the slug is somebody else's.
        """
        values = {"slug": slug, "name": name, "country": country, "currency": currency}
        made = await self._tx.scalar(
            insert(BusinessRow)
            .values(time_zone=time_zone, **values, **about)
            .on_conflict_do_nothing(index_elements=["slug"])
            .returning(BusinessRow.id)
        )
        if made is not None:
            await self._join(made, owner_id, "owner", NOTICES, invited_by=None)
        business = await self.by_slug(slug)
        await self.require_member(owner_id, business.id)
        return business

    async def invite(self, business_id: int, user_id: int, role: Role, by: int) -> None:
        """Ask a person to join; they belong once they `accept`. Raises NotFound."""
        await self.require_member(by, business_id)
        await self._tx.execute(
            insert(MemberRow)
            .values(
                business_id=business_id,
                user_id=user_id,
                role=role,
                wants=list(NOTICES),
                invited_by=by,
            )
            .on_conflict_do_update(
                index_elements=["business_id", "user_id"],
                set_={"role": role, "invited_by": by, "left_at": None, "joined_at": None},
                where=MemberRow.left_at.is_not(None),
            )
        )

    async def accept(self, business_id: int, user_id: int) -> Member:
        """The invited person joins; accepting twice is fine. Raises NotFound."""
        await self._tx.execute(
            update(MemberRow)
            .where(
                MemberRow.business_id == business_id,
                MemberRow.user_id == user_id,
                MemberRow.joined_at.is_(None),
                MemberRow.left_at.is_(None),
            )
            .values(joined_at=self._now)
        )
        await self._remember(user_id)
        return await self.require_member(user_id, business_id)

    async def add_member(
        self, business_id: int, user_id: int, role: Role, wants: Iterable[About], by: int
    ) -> Member:
        """A member at once, without being asked: for set-up. Raises NotFound."""
        await self.require_member(by, business_id)
        await self._join(business_id, user_id, role, tuple(wants), invited_by=by)
        return await self.require_member(user_id, business_id)

    async def want(self, business_id: int, user_id: int, wants: Iterable[About]) -> Member:
        """Choose what to be told of. Raises NotFound."""
        await self._tx.execute(
            update(MemberRow)
            .where(MemberRow.business_id == business_id, MemberRow.user_id == user_id)
            .values(wants=list(wants))
        )
        return await self.require_member(user_id, business_id)

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

    async def ask(
        self, user_id: int, business_id: int, words: str, files: Sequence[SentFile] = ()
    ) -> int:
        """A person asks the people of a business; returns how many are told. Raises NotFound."""
        await self.get(business_id)
        message_id = await self._write(business_id, user_id, user_id, words, files)
        told = await self.members_to_tell(business_id, "tickets")
        told = told or [member.user_id for member in await self.members(business_id)]
        for member_id in told:
            fact = PersonAsked(
                user_id=member_id,
                business_id=business_id,
                message_id=message_id,
                words=words,
                files=tuple(files),
            )
            await self._facts.announce(self._tx, fact)
        return len(told)

    async def message(self, user_id: int, message_id: int) -> Message:
        """A message the person wrote, got, or may answer for their business. Raises NotFound."""
        m = MessageRow
        row = await self._tx.row(
            select(m.id, m.business_id, m.user_id, m.written_by, m.words, m.created_at).where(
                m.id == message_id
            )
        )
        if row is None:
            raise NotFound("message")
        if row.user_id != user_id:
            await self.require_member(user_id, row.business_id)
        return Message(**row._mapping)

    async def answer(self, member_id: int, message_id: int, words: str) -> Message:
        """A member answers the person who wrote `message_id`. Raises NotFound."""
        asked = await self.message(member_id, message_id)
        await self.require_member(member_id, asked.business_id)
        written = await self._write(asked.business_id, asked.user_id, member_id, words)
        fact = BusinessAnswered(
            user_id=asked.user_id, business_id=asked.business_id, message_id=written, words=words
        )
        await self._facts.announce(self._tx, fact)
        return asked

    async def _write(
        self,
        business_id: int,
        user_id: int,
        by: int,
        words: str,
        files: Sequence[SentFile] = (),
    ) -> int:
        message = insert(MessageRow).values(
            business_id=business_id,
            user_id=user_id,
            written_by=by,
            words=words,
            files=[file.model_dump() for file in files],
            created_at=self._now,
        )
        return int(await self._tx.scalar(message.returning(MessageRow.id)))

    async def _join(
        self,
        business_id: int,
        user_id: int,
        role: Role,
        wants: Iterable[str],
        invited_by: int | None,
    ) -> None:
        now = {"joined_at": self._now, "left_at": None}
        await self._tx.execute(
            insert(MemberRow)
            .values(
                business_id=business_id,
                user_id=user_id,
                role=role,
                wants=list(wants),
                invited_by=invited_by,
                **now,
            )
            .on_conflict_do_update(
                index_elements=["business_id", "user_id"],
                set_={"role": role, "wants": list(wants), **now},
            )
        )

        await self._remember(user_id)

    async def _remember(self, user_id: int) -> None:
        """Note on the person that they belong somewhere, so that their menu need not ask."""
        await self._tx.execute(update(User).where(User.id == user_id).values(is_member=True))

    @staticmethod
    def _one(row: Any) -> Business:
        if row is None:
            raise NotFound("business")
        return business_of_row(row)
