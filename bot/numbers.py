"""The numbers we answer on: one row of `channels` each."""

from dataclasses import dataclass

from sqlalchemy import Integer, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.connections import Raw
from services.ground.tables import At, Base, Created, Id

DEFAULT_RATE = 80  # messages per second a Cloud API number starts with (providers.md B)


class ChannelRow(Base):
    """A number of ours at a provider. `address` is the provider's own name for it."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("kind", "address"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(16))  # cloud, greenapi
    address: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(64))  # where its user ids are unique: the portfolio
    rate: Mapped[int] = mapped_column(Integer, server_default=str(DEFAULT_RATE))
    next_send_at: Mapped[At] = mapped_column(server_default=func.now())  # the rate, as a clock
    created_at: Mapped[Created]


@dataclass(frozen=True, slots=True)
class Number:
    """One of our numbers, as the program uses it. `rate` is messages per second."""

    id: int
    kind: str
    address: str
    scope: str
    rate: int


async def ensure(db: Raw, kind: str, address: str, scope: str, rate: int) -> Number:
    """The row of a configured number, made or brought up to date."""
    row = await db.fetchrow(
        """INSERT INTO channels (kind, address, scope, rate) VALUES ($1, $2, $3, $4)
           ON CONFLICT (kind, address) DO UPDATE SET rate = excluded.rate
           RETURNING id, kind, address, scope, rate""",
        kind,
        address,
        scope,
        rate,
    )
    return Number(**row)
