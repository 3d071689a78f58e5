"""A person's language and name, and their word on marketing."""

from datetime import datetime

from sqlalchemy import insert, select, update

from services.ground.people import User
from services.ground.phones import NOBODY, Phones
from services.ground.transaction import Transaction
from services.people.tables import Consent


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
        return await self._decide(user_id, "stopped", wording, source)

    async def start_marketing(self, user_id: int, wording: str, source: str = "chat") -> bool:
        """Undo `stop_marketing`; answers False when marketing was not stopped."""
        return await self._decide(user_id, "started", wording, source)

    async def _decide(self, user_id: int, decision: str, wording: str, source: str) -> bool:
        stopped = decision == "stopped"
        was_stopped = User.marketing_stopped_at.is_not(None)
        changed = await self._tx.execute(
            update(User)
            .where(User.id == user_id, ~was_stopped if stopped else was_stopped)
            .values(marketing_stopped_at=self._now if stopped else None)
        )
        if changed.rowcount == 0:
            return False
        await self._tx.execute(
            insert(Consent).values(
                user_id=user_id,
                category="marketing",
                decision=decision,
                source=source,
                wording=wording[:500],
            )
        )
        return True
