"""Claiming people who wait: their sessions locked, what they said and who they are, at once."""

from itertools import groupby
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.connections import Raw
from bot.inbox import WAITING, Waiting
from bot.language import DEFAULT
from bot.sessions import CLAIMED, Claimed
from services.ground.transaction import begin

AMONG = 400  # messages, oldest first, whose people are looked at

# What is read here is what was there when the statement began; a lock may come later, after
# another worker's turn: such a session has a new version by then, and is left to the next claim.
# LIKE is no way into the index of all that waits: messages are looked up person by person.
_CLAIM = f"""
    WITH head AS MATERIALIZED (
        SELECT user_id, min(id) AS first FROM (
            SELECT user_id, id, due_at FROM inbox WHERE state = 'waiting'
            ORDER BY id LIMIT {AMONG}) AS waiting
        WHERE user_id IS NOT NULL GROUP BY user_id HAVING bool_and(due_at <= now())),
    claimed AS MATERIALIZED (
        SELECT s.*, head.first
        FROM (SELECT * FROM head ORDER BY first) AS head CROSS JOIN LATERAL (
            SELECT {CLAIMED} FROM sessions s JOIN sessions seen USING (user_id)
            WHERE s.user_id = head.user_id AND s.xmin = seen.xmin
            FOR UPDATE OF s SKIP LOCKED) AS s
        LIMIT $2)
    SELECT {WAITING}, {CLAIMED}
    FROM claimed s JOIN users u ON u.id = s.user_id CROSS JOIN LATERAL (
        SELECT * FROM inbox
        WHERE user_id = s.user_id AND id >= s.first AND state LIKE 'waiting' OFFSET 0) AS i
    ORDER BY s.first, i.id LIMIT $3"""


class Claim(NamedTuple):
    """A person whose turn it is, locked until the transaction ends, and what they wait with."""

    person: Claimed
    messages: list[Waiting]  # oldest first


async def claim(
    connection: AsyncConnection, people: int, most: int, language: str = DEFAULT
) -> tuple[Raw, list[Claim]]:
    """Begin with it: lock up to `people` persons who have something waiting, those waiting longest
    first, and read up to `most` of their messages; `language` is for those who have not chosen
    one. Also answers the connection below.

    Somebody locked by another worker is skipped: one person's turns never overlap. Who has
    a failed turn to be tried again later waits for it: nothing overtakes it.
    """
    db, rows = await begin(connection, _CLAIM, language, people, most)
    return db, [
        Claim(Claimed(*of_one[0][15:]), [Waiting.of(row) for row in of_one])
        for of_one in ([*group] for _, group in groupby(rows, lambda row: row[15]))
    ]
