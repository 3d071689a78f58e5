"""What a person agreed to, with the wording and the time."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import Base, Created, Id, Ref

MARKETING, REMINDERS = "marketing", "reminders"
STARTED, STOPPED = "started", "stopped"


class Consent(Base):
    """One line of the consent ledger: append-only."""

    __tablename__ = "consents"

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    category: Mapped[str] = mapped_column(String(32))  # MARKETING, REMINDERS
    decision: Mapped[str] = mapped_column(String(16))  # STARTED, STOPPED
    source: Mapped[str] = mapped_column(String(32))  # chat, provider
    wording: Mapped[str] = mapped_column(Text)  # what they wrote, or what was shown
    created_at: Mapped[Created]
