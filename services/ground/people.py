"""Who a row belongs to: the users table, and the person one turn is about."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Created, Id


class User(Base):
    """A person. How they reach us is in `user_identities`; the phone may be missing."""

    __tablename__ = "users"

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"), unique=True)
    name: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(255), unique=True)
    language: Mapped[str | None] = mapped_column(String(8))  # None: not chosen yet
    time_zone: Mapped[str] = mapped_column(String(64), server_default="Africa/Nairobi")
    marketing_stopped_at: Mapped[At | None]
    is_member: Mapped[bool] = mapped_column(server_default=text("false"))  # of some business
    created_at: Mapped[Created]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is talking, as one turn sees them."""

    id: int
    name: str | None
    language: str
    time_zone: str
    is_member: bool = False  # of some business: their menu has more in it
    with_agent: bool = False  # a human talks with them now, so that the bot does not


PLATFORM = Person(id=0, name="platform", language="en", time_zone="UTC")
"""Who acts when nobody is talking: a scheduled job, a provider's webhook."""
