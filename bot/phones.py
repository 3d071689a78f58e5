"""The services' Phones port, bound to the identities."""

from sqlalchemy import text

from bot.identities import MEETING
from services.ground.transaction import Transaction

_OF = text(
    """SELECT value FROM user_identities
       WHERE user_id = :user_id AND kind = 'phone' AND retired_at IS NULL
       ORDER BY id DESC LIMIT 1"""
)
_OWNER = text(
    """SELECT user_id FROM user_identities
       WHERE value = :phone AND kind = 'phone' AND scope = '' AND retired_at IS NULL"""
)
_THROUGH = text("SELECT channel_id FROM sessions WHERE user_id = :through")
_REACHED = text(
    """INSERT INTO recipients (channel_id, user_id, address_kind, address)
       VALUES (:channel_id, :user_id, 'phone', :phone) ON CONFLICT DO NOTHING"""
)


class KnownPhones:
    """Who is known by which number. Nobody is met twice: see bot.identities."""

    async def of(self, tx: Transaction, user_id: int) -> str | None:
        phone: str | None = await tx.scalar(_OF.bindparams(user_id=user_id))
        return phone

    async def meet(self, tx: Transaction, phone: str, through: int) -> int:
        if (known := await tx.scalar(_OWNER.bindparams(phone=phone))) is not None:
            return int(known)
        await tx.execute(text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=MEETING))
        if (known := await tx.scalar(_OWNER.bindparams(phone=phone))) is not None:
            return int(known)
        return await self._meet(tx, phone, through)

    async def _meet(self, tx: Transaction, phone: str, through: int) -> int:
        channel_id = await tx.scalar(_THROUGH.bindparams(through=through))
        user_id = int(await tx.scalar(text("INSERT INTO users DEFAULT VALUES RETURNING id")))
        spoken = text("INSERT INTO sessions (user_id, channel_id) VALUES (:user_id, :channel_id)")
        await tx.execute(spoken.bindparams(user_id=user_id, channel_id=channel_id))
        known = text(
            """INSERT INTO user_identities (user_id, kind, scope, value)
               VALUES (:user_id, 'phone', '', :phone)"""
        )
        await tx.execute(known.bindparams(user_id=user_id, phone=phone))
        reached = _REACHED.bindparams(user_id=user_id, channel_id=channel_id, phone=phone)
        await tx.execute(reached)
        return user_id
