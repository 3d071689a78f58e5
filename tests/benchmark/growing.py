"""Growth (GROWTH=1; GROWTH=100000 goes no further): the cost of a message among many people and
old messages.

The tables are filled by the database itself, as if those people had talked; who talks while the
clock runs is spread evenly among them.
"""

import os
import time
from collections.abc import Callable
from functools import partial

from tests.benchmark.figures import Figures
from tests.benchmark.load import Line, Load, People
from tests.benchmark.stage import NUMBER, Program, Stage
from tests.benchmark.turns import BROWSE, CROWD, ENTER_SHOP, GREET, MENU

PEOPLE = (10_000, 100_000, 1_000_000)
MESSAGES = 5  # old ones a person, as many in as out: ten million where there are most people
AT_ONCE = 64
FIRST = 1_000_000  # the id of the first of them, which is the end of their number too

_QUICKLY = (
    "SET synchronous_commit = off",
    "SET session_replication_role = replica",  # foreign keys hold by the way it is filled
)
_USERS = """
INSERT INTO users (id, name, language, created_at)
SELECT n, 'Grown ' || n, 'en', now() - interval '30 days'
FROM generate_series({first}, {last}) n"""
_IDENTITIES = """
INSERT INTO user_identities (user_id, kind, scope, value)
SELECT n, kind, scope, value FROM generate_series({first}, {last}) n,
  LATERAL (VALUES ('phone', '', '+1303555' || n), ('bsuid', 'bench', 'US.1303555' || n))
    AS known (kind, scope, value)"""
_SESSIONS = """
INSERT INTO sessions (user_id, channel_id, current_service, current_step, state, talked_at)
SELECT n, c.id, s.current_service, s.current_step, s.state, now() - interval '2 days'
FROM generate_series({first}, {last}) n, channels c,
     (SELECT * FROM sessions ORDER BY user_id LIMIT 1) s
WHERE c.address = '{number}'"""
_RECIPIENTS = """
INSERT INTO recipients (user_id, channel_id, address_kind, address)
SELECT n, c.id, 'phone', '+1303555' || n
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
    async with stage.program() as ours:
        await ours.say(0, CROWD, GREET)
    await _measure(stage, CROWD, lambda *script: People(0, CROWD, script))
    for n, people in enumerate(PEOPLE):
        if people <= wanted():
            await _fill(stage, (0, *PEOPLE)[n], people)
            await _measure(stage, people, partial(_among, people))


def costs(figures: Figures) -> dict[str, float | None]:
    """How many times the CPU of the smallest size a message costs at each other one."""
    return {
        f"{name}_cost_at_{people}_people": figures.cost_ratio(
            f"{name} turn, {people:,} people", f"{name} turn, {CROWD:,} people"
        )
        for name in ("menu", "browse")
        for people in PEOPLE
    }


def _among(people: int, *script: Line) -> People:
    return People(FIRST, CROWD, script, area="303", apart=people // CROWD)


async def _fill(stage: Stage, there: int, people: int) -> None:
    """So that there are `people` of them."""
    begun = time.perf_counter()
    values = {"first": FIRST + there, "last": FIRST + people - 1, "number": NUMBER}
    tables = (_USERS, _IDENTITIES, _SESSIONS, _RECIPIENTS, _INBOX, _OUTBOX)
    filled = [table.format(**values, messages=MESSAGES) for table in tables]
    analyzed = "VACUUM (ANALYZE) users, user_identities, sessions, recipients, inbox, outbox"
    await stage.sql(*_QUICKLY, *filled, analyzed, "CHECKPOINT")
    took = time.perf_counter() - begun
    stage.figures.value(f"filled to {people:,} people (s)", round(took), f"{took:.0f} s")


async def _measure(stage: Stage, people: int, talking: Callable[..., People]) -> None:
    """`talking`: who says this script."""
    async with stage.program() as ours:
        for line in ENTER_SHOP:
            await ours.hear(talking(line))
        for name, script in (("browse turn", BROWSE), ("menu turn", MENU)):
            await stage.forget()
            for _ in range(stage.rounds):
                async with ours.load(talking(*script), AT_ONCE) as load:
                    await _turns(stage, ours, f"{name}, {people:,} people", load)


async def _turns(stage: Stage, ours: Program, name: str, load: Load) -> None:
    await stage.measure(name, ours.pids, lambda: load.closed(AT_ONCE, stage.seconds))
