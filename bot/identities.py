"""Who is who: the ways a person reaches us, and meeting them for the first time.

No table but this one keys on a phone number. An id is opaque: it is never
squeezed into digits, and a business-scoped id never links to a phone by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.updates import Who
from bot.database.connections import Raw
from bot.numbers import Number
from services.ground.tables import At, Base, Created, Id, Ref

EVERYWHERE = ""  # the scope of a phone number: it means the same person at every number of ours


class UserIdentity(Base):
    __tablename__ = "user_identities"
    __table_args__ = (
        Index(
            "uq_user_identities_live",
            "value",
            "kind",
            "scope",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index("ix_user_identities_user_id", "user_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))  # phone, bsuid, chat
    scope: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[Created]
    retired_at: Mapped[At | None]


@dataclass(frozen=True, slots=True)
class Key:
    kind: str
    scope: str
    value: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody writing to one of our numbers."""

    number: Number
    who: Who

    def known_by(self) -> list[Key]:
        """How they may be known, the surest first."""
        who, scope = self.who, self.number.scope
        candidates = (
            ("bsuid", scope, who.bsuid),
            ("phone", EVERYWHERE, who.phone),
            ("chat", scope, who.chat_id),
        )
        return [Key(kind, where, value) for kind, where, value in candidates if value]

    def address(self) -> tuple[str, str]:
        """Where to answer: (kind, value). A phone is preferred where the provider takes one."""
        who = self.who
        if self.number.kind == "greenapi" and who.chat_id:
            return "chat", who.chat_id
        return ("phone", who.phone) if who.phone else ("bsuid", who.bsuid or "")


async def recognise(db: Raw, arrivals: Sequence[Arrival]) -> list[int]:
    """The person of each arrival, in order; strangers become people on the way.

    Runs in the caller's transaction. Raises UniqueViolationError when another process
    met the same stranger at the same moment: run the transaction again.
    """
    known = await _look_up(db, arrivals)
    people: list[int] = []
    met: dict[Arrival, int] = {}
    for number, arrival in enumerate(arrivals):
        found = known.get(number, {})
        user_id = _settled(arrival, found)
        if user_id is None:
            user_id = met.get(arrival) or await _meet(db, arrival)
            met[arrival] = user_id
        people.append(user_id)
    return people


async def _look_up(db: Raw, arrivals: Sequence[Arrival]) -> dict[int, dict[str, tuple[int, str]]]:
    """For each arrival: kind of key → (user id, address we answer to on that number)."""
    asked = [(n, a.number.id, key) for n, a in enumerate(arrivals) for key in a.known_by()]
    rows = await db.fetch(
        """SELECT k.n, i.kind, i.user_id, coalesce(r.address, '') AS address
           FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::text[])
                AS k(n, channel_id, kind, scope, value)
           JOIN user_identities i ON i.value = k.value AND i.kind = k.kind AND i.scope = k.scope
                AND i.retired_at IS NULL
           LEFT JOIN recipients r ON r.channel_id = k.channel_id AND r.user_id = i.user_id""",
        [n for n, _, _ in asked],
        [channel for _, channel, _ in asked],
        [key.kind for *_, key in asked],
        [key.scope for *_, key in asked],
        [key.value for *_, key in asked],
    )
    known: dict[int, dict[str, tuple[int, str]]] = {}
    for row in rows:
        known.setdefault(row["n"], {})[row["kind"]] = (row["user_id"], row["address"])
    return known


def _settled(arrival: Arrival, found: dict[str, tuple[int, str]]) -> int | None:
    """The person, when every key names the same one and we know where to answer."""
    if len(found) != len(arrival.known_by()) or len(set(found.values())) != 1:
        return None
    user_id, address = next(iter(found.values()))
    return user_id if address == arrival.address()[1] else None


async def _meet(db: Raw, arrival: Arrival) -> int:
    """Make or complete what we know of somebody: a new person, a new id, a new address."""
    found: dict[str, int] = {}
    for key in arrival.known_by():
        owner = await db.fetchval(
            """SELECT user_id FROM user_identities
               WHERE value = $3 AND kind = $1 AND scope = $2 AND retired_at IS NULL""",
            key.kind,
            key.scope,
            key.value,
        )
        if owner is not None:
            found[key.kind] = owner
    user_id = await _owner(db, arrival, found)
    for key in arrival.known_by():
        if found.get(key.kind) != user_id:
            await _hand_over(db, key, user_id)
    kind, value = arrival.address()
    await db.execute(
        """INSERT INTO recipients (channel_id, user_id, address_kind, address)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (channel_id, user_id) DO UPDATE
           SET address_kind = excluded.address_kind, address = excluded.address""",
        arrival.number.id,
        user_id,
        kind,
        value,
    )
    return user_id


async def _owner(db: Raw, arrival: Arrival, found: dict[str, int]) -> int:
    """Whose message this is: the scoped id's person first; a phone whose person has
    another live scoped id has been given to somebody else (the old one is a stranger)."""
    if "bsuid" in found:
        return found["bsuid"]
    if (
        "phone" in found
        and arrival.who.bsuid
        and await _has_other_bsuid(db, arrival, found["phone"])
    ):
        return await _new_person(db, arrival)
    return found.get("phone") or found.get("chat") or await _new_person(db, arrival)


async def _has_other_bsuid(db: Raw, arrival: Arrival, user_id: int) -> bool:
    return bool(
        await db.fetchval(
            """SELECT true FROM user_identities WHERE user_id = $1 AND kind = 'bsuid'
               AND scope = $2 AND retired_at IS NULL""",
            user_id,
            arrival.number.scope,
        )
    )


async def _new_person(db: Raw, arrival: Arrival) -> int:
    user_id: int = await db.fetchval(
        "INSERT INTO users (name) VALUES ($1) RETURNING id", (arrival.who.name or "")[:255] or None
    )
    await db.execute(
        "INSERT INTO sessions (user_id, channel_id) VALUES ($1, $2)", user_id, arrival.number.id
    )
    return user_id


async def _hand_over(db: Raw, key: Key, user_id: int) -> None:
    """From now on `key` means this person; whoever had it keeps their history without it."""
    await db.execute(
        """UPDATE user_identities SET retired_at = now()
           WHERE value = $3 AND kind = $1 AND scope = $2 AND retired_at IS NULL""",
        key.kind,
        key.scope,
        key.value,
    )
    await db.execute(
        "INSERT INTO user_identities (user_id, kind, scope, value) VALUES ($1, $2, $3, $4)",
        user_id,
        key.kind,
        key.scope,
        key.value,
    )


async def move_number(db: Raw, number: Number, old: Who, new: Who) -> int | None:
    """A person changed their phone number: the identity moves, the history stays.

    Answers the person's id, or None when we never knew the old number.
    """
    keys = Arrival(number, old).known_by()
    user_id: int | None = None
    for key in keys:
        user_id = user_id or await db.fetchval(
            """UPDATE user_identities SET retired_at = now()
               WHERE value = $3 AND kind = $1 AND scope = $2 AND retired_at IS NULL
               RETURNING user_id""",
            key.kind,
            key.scope,
            key.value,
        )
    if user_id is None:
        return None
    await db.execute(
        """UPDATE user_identities SET retired_at = now()
           WHERE user_id = $1 AND kind = 'bsuid' AND scope = $2 AND retired_at IS NULL""",
        user_id,
        number.scope,
    )
    moved = Arrival(number, new)
    for key in moved.known_by():
        await _hand_over(db, key, user_id)
    kind, value = moved.address()
    await db.execute(
        """UPDATE recipients SET address_kind = $3, address = $4
           WHERE channel_id = $1 AND user_id = $2""",
        number.id,
        user_id,
        kind,
        value,
    )
    return user_id
