"""Where each person is: one row a person, which is also what a worker claims."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.columns import Columns
from bot.database.connections import Raw
from services.ground.tables import At, Base, Ref


class SessionRow(Base):
    """The conversation with one person; `state` is what bot.dialog.session stores."""

    __tablename__ = "sessions"
    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)  # rewritten in place

    user_id: Mapped[Ref] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    channel_id: Mapped[Ref] = mapped_column(ForeignKey("channels.id"))  # where they wrote last
    current_service: Mapped[str | None] = mapped_column(String(64))
    current_step: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    talked_at: Mapped[At | None]  # when they last said something: the 24-hour window
    last_message_id: Mapped[str | None] = mapped_column(String(512))  # to mark as read
    updated_at: Mapped[At] = mapped_column(server_default=text("now()"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A person whose turn it is, locked until the transaction ends."""

    user_id: int
    channel_id: int
    state: dict[str, Any] | None
    talked_at: datetime | None
    last_message_id: str | None


CLAIMED = "s.user_id, s.channel_id, s.state, s.talked_at, s.last_message_id"


async def claim_one(db: Raw, user_id: int) -> Claimed | None:
    """Lock this person, waiting for whoever has them; None when they are gone."""
    row = await db.fetchrow(
        f"SELECT {CLAIMED} FROM sessions s WHERE user_id = $1 FOR UPDATE", user_id
    )
    return Claimed(*row) if row else None


class Kept(NamedTuple):
    """What a turn leaves behind for the next one."""

    user_id: int
    channel_id: int
    step: str | None  # None: the conversation did not move
    state: str | None  # JSON
    talked_at: datetime | None
    last_message_id: str | None


KEPT = Columns(
    """UPDATE sessions AS s
       SET channel_id = k.channel_id,
           current_service = coalesce(split_part(k.step, '.', 1), s.current_service),
           current_step = coalesce(k.step, s.current_step),
           state = coalesce(k.state::jsonb, s.state), talked_at = k.talked_at,
           last_message_id = k.message, updated_at = now()
       FROM {rows} AS k(user_id, channel_id, step, state, talked_at, message)
       WHERE s.user_id = k.user_id""",
    ("bigint", "bigint", "text", "text", "timestamptz", "text"),
)


async def peek(db: Raw, identity: str) -> dict[str, Any] | None:
    """The session of whoever is reached by `identity` (phone, user id, chat id), to look at."""
    row = await db.fetchrow(
        """SELECT u.id AS user_id, u.name, u.language, u.time_zone, s.current_service,
                  s.current_step, s.state, s.talked_at
           FROM user_identities i JOIN users u ON u.id = i.user_id
           JOIN sessions s ON s.user_id = u.id
           WHERE i.value = $1 AND i.retired_at IS NULL ORDER BY i.id LIMIT 1""",
        identity,
    )
    return dict(row) if row else None
