"""The people of a business: asked, joined, given another role, gone.

Whoever changes who belongs locks the business first: two at once do not leave it without an
owner. What was done by whom is kept in `business_events`.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert

from services.businesses.business import Invitation, Member
from services.businesses.desk import ACTIVE
from services.businesses.errors import AlreadyMember, LastOwner, NotInvited, TooManyInvited
from services.businesses.facts import InvitationAnswered, MemberInvited, MemberRemoved
from services.businesses.rights import Role
from services.businesses.tables import DAILY, NOTICES, MemberRow
from services.businesses.telling import About, Telling
from services.ground.people import User

INVITATION_LIVES = timedelta(days=7)
MOST_INVITED = 10  # who have not answered yet: nobody's number is a list to write to

_m = MemberRow
_ASKED = _m.joined_at.is_(None) & _m.left_at.is_(None)


class Membership(Telling):
    """Verbs of owners (`by`), and of whoever is asked. Each raises NotFound for a business the
    person does not belong to, and NotPermitted where their role does not do that."""

    async def invite(self, business_id: int, user_id: int, role: Role, by: int) -> Invitation:
        """Ask a person to join; they belong once they `accept`. Inviting again is a new
        invitation. Raises AlreadyMember, TooManyInvited."""
        await self._lock(business_id)
        await self.require_member(by, business_id, "members")
        if await self.member(user_id, business_id) is not None:
            raise AlreadyMember
        if len(await self.invitations(business_id, by)) >= MOST_INVITED:
            raise TooManyInvited
        until = self._now + INVITATION_LIVES
        asked: dict[str, Any] = {"role": role, "invited_by": by, "invited_until": until}
        asked |= {"joined_at": None, "left_at": None, "wants": list(NOTICES)}
        row = insert(_m).values(business_id=business_id, user_id=user_id, **asked)
        await self._tx.execute(
            row.on_conflict_do_update(index_elements=["business_id", "user_id"], set_=asked)
        )
        await self._note(business_id, "invited", by=by, about=user_id, detail=role)
        fact = MemberInvited(user_id=user_id, business_id=business_id, until=until)
        await self._facts.announce(self._tx, fact)
        return Invitation(business_id, user_id, role, by, until)

    async def invitation(self, business_id: int, user_id: int) -> Invitation:
        """What a person is asked and has not answered. Raises NotInvited: withdrawn, too old, or
        for somebody else."""
        found = await self._tx.row(
            _invitations().where(
                _m.business_id == business_id, _m.user_id == user_id, _m.invited_until > self._now
            )
        )
        if found is None:
            raise NotInvited("invitation")
        return Invitation(**found._mapping)

    async def invitations(self, business_id: int, by: int) -> list[Invitation]:
        """Whom the business has asked, and who has not answered yet."""
        await self.require_member(by, business_id, "members")
        here = _invitations().where(_m.business_id == business_id, _m.invited_until > self._now)
        return [Invitation(**row._mapping) for row in await self._tx.rows(here.order_by(_m.id))]

    async def accept(self, business_id: int, user_id: int) -> Member:
        """The invited person joins; accepting twice is fine. Raises NotInvited."""
        await self._lock(business_id)
        if (member := await self.member(user_id, business_id)) is not None:
            return member
        asked = await self.invitation(business_id, user_id)
        await self._set(business_id, user_id, joined_at=self._now)
        await self._remember(user_id)
        await self._note(business_id, "joined", by=user_id, detail=asked.role)
        await self._tell_answer(asked, accepted=True)
        return await self.require_member(user_id, business_id)

    async def decline(self, business_id: int, user_id: int) -> None:
        """The invited person does not want to. Raises NotInvited."""
        await self._lock(business_id)
        asked = await self.invitation(business_id, user_id)
        await self._set(business_id, user_id, left_at=self._now)
        await self._note(business_id, "declined", by=user_id)
        await self._tell_answer(asked, accepted=False)

    async def withdraw(self, business_id: int, user_id: int, by: int) -> None:
        """The invitation holds no more. Raises NotInvited."""
        await self._lock(business_id)
        await self.require_member(by, business_id, "members")
        await self.invitation(business_id, user_id)
        await self._set(business_id, user_id, left_at=self._now)
        await self._note(business_id, "withdrawn", by=by, about=user_id)

    async def change_role(self, business_id: int, user_id: int, role: Role, by: int) -> Member:
        """Raises NotFound (no such member), LastOwner."""
        await self._lock(business_id)
        await self.require_member(by, business_id, "members")
        was = await self.require_member(user_id, business_id)
        if was.role == role:
            return was
        if role != "owner":
            await self._keeps_an_owner(was)
        await self._set(business_id, user_id, role=role)
        await self._note(business_id, "role", by=by, about=user_id, detail=role)
        return await self.require_member(user_id, business_id)

    async def remove(self, business_id: int, user_id: int, by: int) -> None:
        """Somebody belongs no more, and is told where another one did it. Raises NotFound (no such
        member), LastOwner."""
        await self._lock(business_id)
        await self.require_member(by, business_id, "members")
        await self._let_go(await self.require_member(user_id, business_id))
        await self._note(business_id, "removed", by=by, about=user_id)
        if user_id == by:
            return
        fact = MemberRemoved(user_id=user_id, business_id=business_id, at=self._now)
        await self._facts.announce(self._tx, fact)

    async def leave(self, business_id: int, user_id: int) -> None:
        """Somebody goes by themselves. Raises LastOwner."""
        await self._lock(business_id)
        await self._let_go(await self.require_member(user_id, business_id))
        await self._note(business_id, "left", by=user_id)

    async def add_member(
        self, business_id: int, user_id: int, role: Role, wants: Iterable[About], by: int
    ) -> Member:
        """A member at once, without being asked: for set-up."""
        await self.require_member(by, business_id, "members")
        await self._join(business_id, user_id, role, tuple(wants))
        return await self.require_member(user_id, business_id)

    async def _join(
        self, business_id: int, user_id: int, role: Role, wants: Iterable[str] = NOTICES
    ) -> None:
        values = {"role": role, "wants": list(wants), "joined_at": self._now, "left_at": None}
        row = insert(_m).values(business_id=business_id, user_id=user_id, **values)
        await self._tx.execute(
            row.on_conflict_do_update(index_elements=["business_id", "user_id"], set_=values)
        )
        await self._remember(user_id)

    async def _let_go(self, member: Member) -> None:
        await self._keeps_an_owner(member)
        await self._set(member.business_id, member.user_id, left_at=self._now)
        if DAILY in member.wants:
            await self._summarise(member, wanted=False)
        belongs = exists().where(_m.user_id == member.user_id, ACTIVE)
        someone = update(User).where(User.id == member.user_id)
        await self._tx.execute(someone.values(is_member=select(belongs).scalar_subquery()))

    async def _keeps_an_owner(self, without: Member) -> None:
        others = await self.members(without.business_id)
        if not any(one.role == "owner" for one in others if one.user_id != without.user_id):
            raise LastOwner

    async def _tell_answer(self, asked: Invitation, *, accepted: bool) -> None:
        if await self.member(asked.invited_by, asked.business_id) is None:
            return
        fact = InvitationAnswered(
            user_id=asked.invited_by,
            business_id=asked.business_id,
            member_id=asked.user_id,
            accepted=accepted,
            until=asked.until,
        )
        await self._facts.announce(self._tx, fact)

    async def _remember(self, user_id: int) -> None:
        """Note on the person that they belong somewhere, so that their menu need not ask."""
        await self._tx.execute(update(User).where(User.id == user_id).values(is_member=True))


def _invitations() -> Any:
    until = _m.invited_until.label("until")
    asked = select(_m.business_id, _m.user_id, _m.role, _m.invited_by, until)
    return asked.where(_ASKED)
