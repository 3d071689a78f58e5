"""A person's language and name, and their word on what we may write to them about."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update

from services.ground.people import User
from services.ground.phones import NOBODY, Phones
from services.ground.transaction import Transaction
from services.people.tables import MARKETING, REMINDERS, STARTED, STOPPED, Consent


class People:
    def __init__(self, *, tx: Transaction, now: datetime, phones: Phones = NOBODY) -> None:
        self._tx = tx
        self._now = now
        self._phones = phones

    async def name(self, user_id: int) -> str | None:
        name: str | None = await self._tx.scalar(select(User.name).where(User.id == user_id))
        return name

    async def phone(self, user_id: int) -> str | None:
        """Their number (E.164), where they came with one."""
        return await self._phones.of(self._tx, user_id)

    async def of_phone(self, phone: str, through: int) -> int:
        """The person of a number (E.164), met now if nobody knew them; `through` is who gave
        it."""
        return await self._phones.meet(self._tx, phone, through)

    async def choose_language(self, user_id: int, language: str) -> None:
        await self._tx.execute(update(User).where(User.id == user_id).values(language=language))

    async def stop_marketing(self, user_id: int, wording: str, source: str = "chat") -> bool:
        """End marketing at once; answers False when it had ended already."""
        return await self._decide(user_id, STOPPED, wording, source)

    async def start_marketing(self, user_id: int, wording: str, source: str = "chat") -> bool:
        """Undo `stop_marketing`; answers False when marketing was not stopped."""
        return await self._decide(user_id, STARTED, wording, source)

    async def agree_to_marketing(self, user_id: int, wording: str) -> None:
        """They were asked, and want to hear of offers; a stop of before is undone."""
        if not await self.start_marketing(user_id, wording):
            await self._note(user_id, MARKETING, STARTED, wording, "chat")

    async def agreed_to_marketing(self, user_id: int) -> bool:
        """Whether they said so themselves: nobody has agreed by saying nothing."""
        said = select(_last_said(MARKETING) == STARTED).where(
            User.id == user_id, User.marketing_stopped_at.is_(None)
        )
        return bool(await self._tx.scalar(said))

    async def stop_reminders(self, user_id: int, wording: str) -> None:
        """Never remind them of anything again that they did not ask to be reminded of."""
        await self._note(user_id, REMINDERS, STOPPED, wording, "chat")

    async def takes_reminders(self, user_id: int) -> bool:
        """Unless they wanted no more of them, or of anything we offer."""
        said = select(func.coalesce(_last_said(REMINDERS), STARTED) == STARTED).where(
            User.id == user_id, User.marketing_stopped_at.is_(None)
        )
        return bool(await self._tx.scalar(said))

    async def _decide(self, user_id: int, decision: str, wording: str, source: str) -> bool:
        stopped = decision == STOPPED
        was_stopped = User.marketing_stopped_at.is_not(None)
        changed = await self._tx.execute(
            update(User)
            .where(User.id == user_id, ~was_stopped if stopped else was_stopped)
            .values(marketing_stopped_at=self._now if stopped else None)
        )
        if changed.rowcount == 0:
            return False
        await self._note(user_id, MARKETING, decision, wording, source)
        return True

    async def _note(
        self, user_id: int, category: str, decision: str, wording: str, source: str
    ) -> None:
        await self._tx.execute(
            insert(Consent).values(
                user_id=user_id,
                category=category,
                decision=decision,
                source=source,
                wording=wording[:500],
            )
        )


def _last_said(category: str) -> ColumnElement[str]:
    """What the person of a row decided last about that; null when nothing."""
    mine = select(Consent.decision).where(Consent.user_id == User.id, Consent.category == category)
    return mine.order_by(Consent.id.desc()).limit(1).scalar_subquery()
