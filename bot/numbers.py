"""The numbers we answer on: one row of `channels` each."""

from dataclasses import dataclass

from sqlalchemy import Float, Integer, String, UniqueConstraint, func
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

    # What errors decided (bot/holds.py); every process that sends here goes by it.
    stopped_at: Mapped[At | None]  # nothing goes out but a probe now and then
    stopped_code: Mapped[int | None]
    stopped_reason: Mapped[str | None] = mapped_column(String(500))
    paused_until: Mapped[At | None]  # nothing goes out; of a stopped number: the next probe
    pauses: Mapped[int] = mapped_column(Integer, server_default="0")  # in a row
    bulk_paused_until: Mapped[At | None]
    bulk_pauses: Mapped[int] = mapped_column(Integer, server_default="0")
    slowed_to: Mapped[float | None] = mapped_column(Float)  # messages per second, at slowed_at
    slowed_at: Mapped[At | None]


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
