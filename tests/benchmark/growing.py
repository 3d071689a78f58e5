"""Growth (GROWTH=1, or GROWTH=100000 to go no further): what a message costs when there are many people and old messages.

The tables are filled by the database itself, as if those people had talked; the people who talk
while the clock runs are new among them, then known.
"""

import os
import time

from tests.benchmark.load import People
from tests.benchmark.stage import NUMBER, Program, Stage
from tests.benchmark.turns import BROWSE, CROWD, ENTER_SHOP, GREET, MENU

PEOPLE = (10_000, 100_000, 1_000_000)
MESSAGES = 5  # old ones a person, as many in as out: ten million where there are most people
AT_ONCE = 64

_USERS = """
INSERT INTO users (id, name, language, created_at)
SELECT n, 'Grown ' || n, 'en', now() - interval '30 days'
FROM generate_series({first}, {last}) n"""
_IDENTITIES = """
INSERT INTO user_identities (user_id, kind, scope, value)
SELECT n, 'phone', '', '+1303555' || lpad(n::text, 7, '0')
FROM generate_series({first}, {last}) n"""
_SESSIONS = """
INSERT INTO sessions (user_id, channel_id, current_service, current_step, state, talked_at)
SELECT n, c.id, s.current_service, s.current_step, s.state, now() - interval '2 days'
FROM generate_series({first}, {last}) n, channels c,
     (SELECT * FROM sessions ORDER BY user_id LIMIT 1) s
WHERE c.address = '{number}'"""
_RECIPIENTS = """
INSERT INTO recipients (user_id, channel_id, address_kind, address)
SELECT n, c.id, 'phone', '+1303555' || lpad(n::text, 7, '0')
FROM generate_series({first}, {last}) n, channels c WHERE c.address = '{number}'"""
_INBOX = """
INSERT INTO inbox (channel_id, provider_id, user_id, kind, payload, state, received_at, done_at)
SELECT c.id, 'wamid.grown.' || n || '.' || m, n, s.kind, s.payload, 'answered',
       now() - interval '30 days', now() - interval '30 days'
FROM generate_series(1, {messages}) m, generate_series({first}, {last}) n, channels c,
     (SELECT * FROM inbox WHERE state = 'answered' ORDER BY id LIMIT 1) s
WHERE c.address = '{number}'"""
_OUTBOX = """
INSERT INTO outbox (channel_id, user_id, priority, content, language, state, provider_id,
                    created_at, sent_at)
SELECT c.id, n, s.priority, s.content, 'en', 'sent', 'wamid.grown.out.' || n || '.' || m,
       now() - interval '30 days', now() - interval '30 days'
FROM generate_series(1, {messages}) m, generate_series({first}, {last}) n, channels c,
     (SELECT * FROM outbox WHERE state = 'sent' ORDER BY id LIMIT 1) s
WHERE c.address = '{number}'"""


def wanted() -> int:
    """Up to how many people; 0: not now."""
    asked = int(os.environ.get("GROWTH") or 0)
    return asked if asked > 1 else asked * PEOPLE[-1]


async def growing(stage: Stage) -> None:
    """Every size with people of its own, who are all new."""
    await _measure(stage, 0, 0)
    for n, people in enumerate(PEOPLE):
        if people <= wanted():
            await _fill(stage, ([0, *PEOPLE])[n], people)
            await _measure(stage, people, CROWD * (n + 1))


async def _fill(stage: Stage, there: int, people: int) -> None:
    """So that there are `people` of them."""
    begun = time.perf_counter()
    values = {"first": there + 1_000_001, "last": people + 1_000_000, "number": NUMBER}
    tables = (_USERS, _IDENTITIES, _SESSIONS, _RECIPIENTS, _INBOX, _OUTBOX)
    for table in tables:
        await stage.sql(table.format(**values, messages=MESSAGES))
    await stage.sql(
        "VACUUM (ANALYZE) users, user_identities, sessions, recipients, inbox, outbox", "CHECKPOINT"
    )
    took = time.perf_counter() - begun
    stage.figures.value(f"filled to {people:,} people (s)", round(took), f"{took:.0f} s")


async def _measure(stage: Stage, people: int, first: int) -> None:
    async with stage.program() as ours:
        await ours.say(first, CROWD, GREET)
        await _turns(stage, ours, f"menu turn, {people:,} people", People(first, CROWD, MENU))
        await ours.say(first, CROWD, *ENTER_SHOP)
        await _turns(stage, ours, f"browse turn, {people:,} people", People(first, CROWD, BROWSE))


async def _turns(stage: Stage, ours: Program, name: str, people: People) -> None:
    await stage.forget()
    for _ in range(stage.rounds):
        async with ours.load(people, AT_ONCE) as load:
            await stage.measure(name, [ours.pid], lambda: load.closed(AT_ONCE, stage.seconds))
