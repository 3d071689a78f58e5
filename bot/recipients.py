"""How a person is reached on one of our numbers: their address and their lane.

The lane is what keeps one person's replies in order: a sender leases it, sends
what waits in it one by one, and lets it go. Pace and retries close it for a while.
"""

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Ref

PACE_SECONDS = 6  # one message per person in so many seconds (providers.md B, pair rate)
PACE_BURST = 45  # so many may go at once, borrowed from the future


class RecipientRow(Base):
    __tablename__ = "recipients"
    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)  # rewritten in place

    # The person first: there are few numbers and many people, and the index should say so.
    user_id: Mapped[Ref] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    channel_id: Mapped[Ref] = mapped_column(ForeignKey("channels.id"), primary_key=True)
    address_kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(160))
    unreachable_at: Mapped[At | None]
    lease: Mapped[str | None] = mapped_column(UUID(as_uuid=False))  # the sender at work on it
    closed_until: Mapped[At] = mapped_column(server_default=text("now()"))  # lease, pace or retry
    pace_at: Mapped[At] = mapped_column(server_default=text("now()"))  # the pair rate, as a clock
