"""Who is who: the ways a person reaches us, and meeting them for the first time.

No table but this one keys on a phone number. An id is opaque: it is never
squeezed into digits, and a business-scoped id never links to a phone by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.updates import Who
from bot.database.connections import Raw
from bot.numbers import Number
from services.ground.tables import At, Base, Created, Id, Ref

MEETING = 0x_3EE7  # the advisory lock of whoever meets somebody
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


class Key(NamedTuple):
    kind: str
    scope: str
    value: str


class Arrival(NamedTuple):
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

    def keys(self) -> tuple[str | None, ...]:
        """The same for RECOGNISED: scope, bsuid, phone, chat, address."""
        number, who = self
        return number.scope, who.bsuid, who.phone, who.chat_id, self.address()[1]


NOBODY = (None, None, None, None, None)  # the keys of an item that is nobody's
RECOGNISED = """(
    SELECT min(i.user_id)
    FROM user_identities AS i
    WHERE i.value = ANY(ARRAY[item.bsuid, item.phone, item.chat]) AND i.retired_at IS NULL
      AND (i.kind, i.scope, i.value) IN (('bsuid', item.scope, item.bsuid),
                                         ('phone', '', item.phone),
                                         ('chat', item.scope, item.chat))
      AND EXISTS (SELECT FROM recipients AS r
                  WHERE r.user_id = i.user_id AND r.channel_id = item.channel_id
                    AND r.address = item.address OFFSET 0)
    HAVING count(*) = num_nonnulls(item.bsuid, item.phone, item.chat)
       AND min(i.user_id) = max(i.user_id))"""
"""What _Known.person says, within a statement about many items: who an item's keys mean, or
null, and whoever is null is looked at again by `recognise`. OFFSET 0 keeps the recipient looked
up by person, whatever a planner thinks who saw the tables empty."""


async def recognise(db: Raw, arrivals: Sequence[Arrival]) -> list[int]:
    """The person of each arrival, in order; strangers become people on the way.

    Runs in the caller's transaction. People are met by one process at a time, so that two
    that meet the same ones neither meet them twice nor wait for each other in a circle.
    """
    known = await _known(db, arrivals)
    people = [user_id for arrival in arrivals if (user_id := known.person(arrival)) is not None]
    if len(people) == len(arrivals):
        return people
    await _meet_alone(db)
    known = await _known(db, arrivals)
    return [known.person(arrival) or await _meet(db, arrival, known) for arrival in arrivals]


async def _meet_alone(db: Raw) -> None:
    await db.execute("SELECT pg_advisory_xact_lock($1)", MEETING)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of some arrivals: whom a key means, and by which address our numbers
    answer them: (number, person) → address. Kept up to date while people are met."""

    owners: dict[Key, int]
    reached: dict[tuple[int, int], str]

    def person(self, arrival: Arrival) -> int | None:
        """The person, when every key names the same one and we know where to answer."""
        keys = arrival.known_by()
        user_id = self.owners.get(keys[0]) if keys else None
        if user_id is None or any(self.owners.get(key) != user_id for key in keys[1:]):
            return None
        address = self.reached.get((arrival.number.id, user_id))
        return user_id if address == arrival.address()[1] else None

    def learn(self, arrival: Arrival, user_id: int) -> None:
        self.owners.update(dict.fromkeys(arrival.known_by(), user_id))
        self.reached[arrival.number.id, user_id] = arrival.address()[1]


async def _known(db: Raw, arrivals: Sequence[Arrival]) -> _Known:
    return await _look_up(db, {key for arrival in arrivals for key in arrival.known_by()})


async def _look_up(db: Raw, keys: Iterable[Key]) -> _Known:
    """By value alone, which an index answers at any size; kind and scope are told apart here."""
    rows = await db.fetch(
        """SELECT i.kind, i.scope, i.value, i.user_id, r.channel_id, r.address
           FROM user_identities i LEFT JOIN recipients r ON r.user_id = i.user_id
           WHERE i.value = ANY($1::text[]) AND i.retired_at IS NULL""",
        list({key.value for key in keys}),
    )
    return _Known(
        {Key(row["kind"], row["scope"], row["value"]): row["user_id"] for row in rows},
        {(row["channel_id"], row["user_id"]): row["address"] for row in rows},
    )


async def _meet(db: Raw, arrival: Arrival, known: _Known) -> int:
    """Make or complete what we know of somebody: a new person, a new id, a new address."""
    user_id = await _owner(db, arrival, known.owners)
    if any(key in known.owners for key in arrival.known_by()):
        await _name(db, user_id, arrival.who)
    for key in arrival.known_by():
        if (before := known.owners.get(key)) != user_id:
            await _hand_over(db, key, before, user_id)
    kind, value = arrival.address()
    await db.execute(
        """INSERT INTO recipients (channel_id, user_id, address_kind, address)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (channel_id, user_id) DO UPDATE
           SET address_kind = excluded.address_kind, address = excluded.address,
               unreachable_at = NULL""",
        arrival.number.id,
        user_id,
        kind,
        value,
    )
    known.learn(arrival, user_id)
    return user_id


async def _name(db: Raw, user_id: int, who: Who) -> None:
    """Somebody who was written to before they ever wrote has no name yet."""
    await db.execute(
        "UPDATE users SET name = $2 WHERE id = $1 AND name IS NULL",
        user_id,
        (who.name or "")[:255] or None,
    )


async def _owner(db: Raw, arrival: Arrival, owners: Mapping[Key, int]) -> int:
    """Whose message this is: the scoped id's person first; a phone whose person has
    another live scoped id has been given to somebody else (the old one is a stranger)."""
    found = {key.kind: owners[key] for key in arrival.known_by() if key in owners}
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


async def _hand_over(db: Raw, key: Key, before: int | None, user_id: int) -> None:
    """From now on `key` means this person; whoever had it keeps their history without it."""
    if before is not None:
        await _retire(db, before, key)
        await _stop_reaching(db, before, key)
    await db.execute(
        "INSERT INTO user_identities (user_id, kind, scope, value) VALUES ($1, $2, $3, $4)",
        user_id,
        key.kind,
        key.scope,
        key.value,
    )


async def _retire(db: Raw, user_id: int, key: Key) -> None:
    await db.execute(
        """UPDATE user_identities SET retired_at = now()
           WHERE user_id = $1 AND kind = $2 AND scope = $3 AND value = $4
             AND retired_at IS NULL""",
        user_id,
        key.kind,
        key.scope,
        key.value,
    )


async def _stop_reaching(db: Raw, user_id: int, key: Key) -> None:
    """An address that is now somebody else's: what we still have to say to `user_id` goes to
    another id of theirs, or nowhere, but never to a stranger's phone."""
    await db.execute(
        """UPDATE recipients AS r
           SET address_kind = coalesce(i.kind, r.address_kind), address = coalesce(i.value, ''),
               unreachable_at = CASE WHEN i.value IS NULL THEN now() END
           FROM channels c
           LEFT JOIN LATERAL (SELECT kind, value FROM user_identities
                WHERE user_id = $1 AND kind = 'bsuid' AND scope = c.scope AND c.kind = 'cloud'
                  AND retired_at IS NULL ORDER BY id DESC LIMIT 1) AS i ON true
           WHERE r.user_id = $1 AND r.address_kind = $2 AND r.address = $3
             AND c.id = r.channel_id""",
        user_id,
        key.kind,
        key.value,
    )


async def move_number(db: Raw, number: Number, old: Who, new: Who) -> int | None:
    """A person changed their phone number or user id: the identity moves, the history stays.

    Answers the person's id, or None when we never knew the old one.
    """
    await _meet_alone(db)
    before, after = Arrival(number, old).known_by(), Arrival(number, new).known_by()
    owners = (await _look_up(db, {*before, *after})).owners
    user_id = next((owners[key] for key in before if key in owners), None)
    if user_id is None:
        return None
    await _outgrow(db, user_id, number.scope, new)
    for key in after:
        if (had := owners.get(key)) != user_id:
            await _hand_over(db, key, had, user_id)
    await _move_address(db, user_id, number.scope, new)
    return user_id


async def _outgrow(db: Raw, user_id: int, scope: str, new: Who) -> None:
    """With the number every user id changes too (providers.md B), in each portfolio."""
    await db.execute(
        """UPDATE user_identities SET retired_at = now()
           WHERE user_id = $1 AND retired_at IS NULL AND value <> ALL($4::text[])
             AND (kind = 'phone' AND $3::bool OR kind = 'bsuid' AND ($3::bool OR scope = $2))""",
        user_id,
        scope,
        new.phone is not None,
        [value for value in (new.phone, new.bsuid) if value],
    )


async def _move_address(db: Raw, user_id: int, scope: str, new: Who) -> None:
    """Answers go to the new phone on all our numbers; to a new user id where it is known."""
    await db.execute(
        """UPDATE recipients AS r
           SET address_kind = CASE WHEN $3::text IS NULL THEN 'bsuid' ELSE 'phone' END,
               address = coalesce($3::text, $4::text), unreachable_at = NULL
           FROM channels c
           WHERE r.user_id = $1 AND c.id = r.channel_id
             AND CASE WHEN $3::text IS NULL THEN r.address_kind = 'bsuid' AND c.scope = $2
                      ELSE r.address_kind IN ('phone', 'bsuid') END""",
        user_id,
        scope,
        new.phone,
        new.bsuid,
    )
