"""The books of a siege: what must be true of the database, the emulator and the door together."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.outbox import MAY_HAVE_ARRIVED
from tests.faults.outside import Accepted, Book

IN_HAND = 15.0  # seconds that what went back in line may be in a sender's hands, whatever comes


@dataclass(frozen=True)
class Law:
    """One law: how many cases it was tried on, and those that broke it."""

    name: str
    cases: int
    broken: list[str]
    note: str = ""

    def __str__(self) -> str:
        verdict = f"{len(self.broken)} broken" if self.broken else "0"
        line = f"{self.name:<62}{self.cases:>7}   {verdict} {self.note}"
        return "\n".join([line.rstrip(), *(f"    {each}" for each in self.broken[:8])])


@dataclass(frozen=True)
class Case:
    """What the laws look at. `db` is an asyncpg connection; `patience` is in seconds."""

    db: Any
    book: Book
    payments: list[dict[str, Any]]  # as the Stripe emulator has them
    patience: float
    timers: int  # that were set


async def judge(case: Case) -> list[Law]:
    return [await law(case) for law in LAWS]


async def _broken(case: Case, name: str, count: str, query: str, note: str = "") -> Law:
    """A law of the database alone: `query` finds what breaks it."""
    rows = await case.db.fetch(query)
    cases = await case.db.fetchval(count)
    return Law(name, cases, [str(tuple(row)) for row in rows], note)


# -- what came in ------------------------------------------------------------------------------


async def lost(case: Case) -> Law:
    wanted = list(case.book.messages)
    rows = await case.db.fetch(
        """SELECT w.id FROM unnest($1::text[]) AS w(id)
           WHERE (SELECT count(*) FROM inbox i WHERE i.provider_id = w.id) <> 1""",
        wanted,
    )
    return Law("messages answered 200, in the inbox once", len(wanted), [r["id"] for r in rows])


async def adds_up(case: Case) -> Law:
    rows = await case.db.fetch("SELECT state, count(*) FROM inbox GROUP BY state")
    counts = {row["state"]: row["count"] for row in rows}
    wrong = [f"{n} {state}" for state, n in counts.items() if state not in _ENDS]
    left = await case.db.fetchval("SELECT count(*) FROM webhooks")
    wrong += [f"{left} webhooks not taken apart"] if left else []
    note = ", ".join(f"{counts.get(state, 0)} {state}" for state in _ENDS)
    return Law("received = answered + ignored + parked", sum(counts.values()), wrong, note)


_ENDS = ("answered", "ignored", "parked")


async def parked(case: Case) -> Law:
    return await _broken(
        case, "messages parked by a fault of ours", "SELECT count(*) FROM inbox",
        "SELECT id, kind, reason FROM inbox WHERE state = 'parked'",
    )  # fmt: skip


# -- effects -------------------------------------------------------------------------------------


async def answered_once(case: Case) -> Law:
    """A turn that took effect twice would have said everything twice."""
    return await _broken(
        case, "turns that took effect once", "SELECT count(DISTINCT inbox_id) FROM outbox",
        """SELECT inbox_id, count(*), left(min(content->>'text'), 60) FROM outbox
           WHERE inbox_id IS NOT NULL
           GROUP BY inbox_id, content HAVING count(*) > 1
           UNION ALL SELECT id, 0, 'answered with nothing' FROM inbox i
           WHERE state = 'answered' AND kind <> 'fact'
             AND NOT EXISTS (SELECT FROM outbox o WHERE o.inbox_id = i.id)""",
    )  # fmt: skip


async def pieces(case: Case) -> Law:
    """What we told those who pay in cash we added is in their carts and orders, to the piece."""
    return await _broken(
        case, "pieces added = in the cart + ordered (of those who pay in cash)",
        "SELECT count(*) FROM orders WHERE payment_method = 'cash'",
        """WITH asked AS (
             SELECT user_id, sum(n) AS n FROM (
               SELECT DISTINCT ON (inbox_id) o.user_id,
                      substring(content->>'text' FROM '^(?:Added|Imeongezwa): ([0-9]+)')::int AS n
               FROM outbox o JOIN inbox i ON i.id = inbox_id
               WHERE content->>'text' ~ '^(Added|Imeongezwa): [0-9]+'
                 AND i.payload->'text'->>'body' IS DISTINCT FROM 'back') AS each
             GROUP BY 1),
           has AS (
             SELECT user_id, sum(quantity) AS n FROM (
               SELECT user_id, quantity FROM cart_items
               UNION ALL SELECT o.user_id, l.quantity FROM orders o
               JOIN order_items l ON l.order_id = o.id) AS all_of_it GROUP BY 1)
           SELECT user_id, asked.n, has.n FROM asked FULL JOIN has USING (user_id)
           WHERE asked.n IS DISTINCT FROM has.n
             AND user_id NOT IN (SELECT user_id FROM orders WHERE payment_method <> 'cash')""",
    )  # fmt: skip


async def orders(case: Case) -> Law:
    return await _broken(
        case, "orders placed once, by one message each, told once",
        "SELECT count(*) FROM orders",
        """SELECT o.id, o.status, count(e.*) FROM orders o
           LEFT JOIN order_events e ON e.order_id = o.id AND e.move = 'place'
           GROUP BY o.id HAVING count(e.*) <> 1
           UNION ALL
           SELECT o.id, 'told ' || o.order_number, count(b.*) FROM orders o
           LEFT JOIN outbox b ON b.user_id = o.user_id AND b.content->>'text' ~
             ('Order \\*' || o.order_number || '\\* is placed')
           WHERE o.payment_method = 'cash'
           GROUP BY o.id HAVING count(b.*) <> 1""",
    )  # fmt: skip


async def stock(case: Case) -> Law:
    return await _broken(
        case, "stock: promised = what orders not yet sent add up to",
        "SELECT count(*) FROM stock",
        """SELECT s.variant_id, s.quantity, s.allocated, coalesce(p.n, 0) FROM stock s LEFT JOIN (
             SELECT l.variant_id, sum(l.quantity - l.shipped) AS n FROM order_items l
             JOIN orders o ON o.id = l.order_id
             WHERE o.status IN ('placed', 'paid', 'accepted') GROUP BY 1) p USING (variant_id)
           WHERE s.allocated <> coalesce(p.n, 0) OR s.allocated > s.quantity
           UNION ALL SELECT r.variant_id, r.quantity, r.order_id::int, 0
           FROM stock_reservations r JOIN orders o ON o.id = r.order_id
           WHERE o.status <> 'pending'""",
    )  # fmt: skip


# -- money ---------------------------------------------------------------------------------------


async def money(case: Case) -> Law:
    """Every session paid at Stripe is received once here, or went back; none that was not."""
    told = {p["id"]: p for p in case.payments}
    rows = await case.db.fetch(
        """SELECT a.session, a.received, a.refunded, p.status, o.status AS order_status
           FROM payment_attempts a JOIN payments p ON p.id = a.payment_id
           LEFT JOIN orders o ON o.id = p.service_id WHERE a.session IS NOT NULL"""
    )
    ours = {row["session"]: row for row in rows}
    broken = [f"{id_}: not ours" for id_ in told.keys() - ours.keys() if _came(told[id_])]
    for id_, row in ours.items():
        came = told[id_]["amount"] if id_ in told and _came(told[id_]) else 0
        if (row["received"] > 0) != (came > 0):
            broken.append(f"{id_}: Stripe has {came}, we {dict(row)}")
        if came and row["refunded"] != told[id_]["refunded"]:
            broken.append(f"{id_}: Stripe gave back {told[id_]['refunded']}, we {dict(row)}")
    paid = sum(_came(each) for each in told.values())
    return Law("links paid at Stripe, settled once here", len(told), broken, f"{paid} paid")


def _came(payment: dict[str, Any]) -> bool:
    return bool(payment["payment_status"] == "paid")


async def settled(case: Case) -> Law:
    return await _broken(
        case, "payments: paid once each, every event settled",
        "SELECT count(*) FROM payment_events",
        """SELECT 'event', id, type, coalesce(outcome, 'waiting'), reason FROM payment_events
           WHERE settled_at IS NULL OR outcome IN ('held', 'unmatched')
           UNION ALL
           SELECT 'order', o.id, o.status, count(e.*)::text, p.status FROM payments p
           JOIN orders o ON coalesce(o.paid_with, o.id) = p.service_id
           LEFT JOIN order_events e ON e.order_id = o.id AND e.move = 'pay'
           WHERE p.status = 'paid' GROUP BY 1, 2, 3, 5
           HAVING count(e.*) <> 1 OR o.status NOT IN ('paid', 'accepted')
           UNION ALL
           SELECT 'payment', id, status, reason, provider_session FROM payments
           WHERE status IN ('created', 'unknown', 'held')""",
    )  # fmt: skip


async def books(case: Case) -> Law:
    """Every journal sums to zero, every balance is its entries, and what the provider has for us
    is what came in less what went back."""
    return await _broken(
        case, "ledger: journals at zero, balances kept, payments in it",
        "SELECT count(*) FROM ledger_journals",
        """SELECT 'journal', journal_id::text, currency, sum(amount) FROM ledger_entries
           GROUP BY journal_id, currency HAVING sum(amount) <> 0
           UNION ALL
           SELECT 'account', a.name, a.currency, a.balance FROM ledger_accounts a
           LEFT JOIN ledger_entries e ON e.account_id = a.id
           GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)
           UNION ALL
           SELECT 'payment', t.payment_id::text, 'attempt ' || t.number, t.received - t.refunded
           FROM payment_attempts t
           LEFT JOIN ledger_journals j
             ON j.subject = 'payment:' || t.payment_id || ':' || t.number
           LEFT JOIN (SELECT e.journal_id, e.amount FROM ledger_entries e
                      JOIN ledger_accounts a ON a.id = e.account_id
                      WHERE a.kind IN ('clearing', 'cash')) h ON h.journal_id = j.id
           GROUP BY t.id HAVING t.received - t.refunded <> -coalesce(sum(h.amount), 0)""",
    )  # fmt: skip


async def parts(case: Case) -> Law:
    """Orders that are paid together add up to their payment, and each gives back its own."""
    return await _broken(
        case, "payments: the orders' parts add up, none gives back more",
        "SELECT count(DISTINCT payment_id) FROM orders",
        """SELECT 'payment', p.id, p.amount, sum(o.total) FROM payments p
           JOIN orders o ON o.payment_id = p.id GROUP BY p.id HAVING sum(o.total) <> p.amount
           UNION ALL
           SELECT 'order', o.id, o.total, sum(r.amount) FROM orders o
           JOIN refunds r ON r.payment_id = o.payment_id AND r.business_id = o.business_id
           WHERE r.status <> 'failed' GROUP BY o.id HAVING sum(r.amount) > o.total""",
    )  # fmt: skip


async def events_kept(case: Case) -> Law:
    rows = await case.db.fetch(
        """SELECT w.id FROM unnest($1::text[]) AS w(id)
           WHERE (SELECT count(*) FROM payment_events e WHERE e.event_id = w.id) <> 1""",
        list(case.book.events),
    )
    name = "Stripe's events answered 200, kept once"
    return Law(name, len(case.book.events), [row["id"] for row in rows])


# -- what went out -------------------------------------------------------------------------------


async def ended(case: Case) -> Law:
    """Every bubble says how it ended; what says it was sent was accepted, and the other way."""
    rows = await case.db.fetch("SELECT id, state::text, reason, attempts, error_code FROM outbox")
    accepted = {each.outbox_id for each in case.book.accepted}
    broken = []
    for id_, state, reason, attempts, code in rows:
        if state not in ("sent", "delivered", "read", "failed", "skipped"):
            broken.append(f"{id_} is {state} ({reason}) after {attempts}")
        elif state in ("sent", "delivered", "read") and id_ not in accepted:
            broken.append(f"{id_} is {state}, and the emulator never had it")
        elif state in ("failed", "skipped") and not reason:
            broken.append(f"{id_} is {state} and does not say why")
        elif state == "failed" and not code:
            broken.append(f"{id_} is failed by a fault of ours: {reason}")
        elif state == "skipped" and id_ in accepted and not reason.endswith(MAY_HAVE_ARRIVED):
            broken.append(f"{id_} is skipped, and the emulator had it")
    counts = Counter(row["state"] for row in rows)
    note = ", ".join(f"{n} {state}" for state, n in counts.most_common())
    return Law("bubbles that ended as what the emulator saw", len(rows), broken, note)


async def doubled(case: Case) -> Law:
    """Nothing is sent again that was accepted, but where nobody said so in time."""
    last: dict[int, Accepted] = {}
    broken, repeated = [], 0
    for one in sorted(case.book.accepted, key=lambda each: each.at):
        if (before := last.get(one.outbox_id)) is not None:
            repeated += 1
            if why := _too_soon(case, before, one):
                broken.append(f"{one.outbox_id}: {why}")
        last[one.outbox_id] = one
    note = f"{repeated} repeated after their patience"
    return Law("bubbles that were not doubled", len(case.book.accepted), broken, note)


def _too_soon(case: Case, before: Accepted, again: Accepted) -> str | None:
    waited = again.at - before.at
    told = case.book.statuses.get(before.wamid)
    if waited < case.patience:
        return f"again after {waited:.1f} s"
    if told is not None and told < max(before.at + case.patience, again.at - IN_HAND):
        return f"again after {waited:.1f} s, {again.at - told:.1f} s after its status was taken"
    return None


async def in_order(case: Case) -> Law:
    """Each person's bubbles arrive in the order in which they were said."""
    rows = await case.db.fetch("SELECT id, user_id FROM outbox")
    whose = {row["id"]: row["user_id"] for row in rows}
    newest: dict[int, int] = {}
    seen: set[int] = set()
    broken = []
    for one in sorted(case.book.accepted, key=lambda each: each.at):
        person = whose.get(one.outbox_id, 0)
        if one.outbox_id not in seen and one.outbox_id < newest.get(person, 0):
            broken.append(f"{one.outbox_id} came after {newest[person]}")
        seen.add(one.outbox_id)
        newest[person] = max(newest.get(person, 0), one.outbox_id)
    return Law("bubbles in order, each person's", len(seen), broken)


async def timers(case: Case) -> Law:
    law = await _broken(
        case, "timers that fired once", "SELECT 0",
        """SELECT content->>'text', count(*) FROM outbox
           WHERE content->>'text' ~ '\\*Timer [0-9]+\\*' GROUP BY 1 HAVING count(*) <> 1
           UNION ALL SELECT key, 0 FROM timers
           WHERE rule IS NULL AND key NOT LIKE 'cart-waits:%'
           UNION ALL SELECT split_part(provider_id, '@', 1), count(*) FROM inbox
           WHERE kind = 'fact' AND provider_id LIKE '%@%'
             AND provider_id !~ '^(cart-waits|business-summary):'
           GROUP BY 1 HAVING count(*) <> 1""",
    )  # fmt: skip
    fired = await case.db.fetchval(
        "SELECT count(*) FROM outbox WHERE content->>'text' ~ '\\*Timer [0-9]+\\*'"
    )
    missing = [f"{case.timers - fired} of {case.timers} never fired"] * (fired < case.timers)
    return Law(law.name, case.timers, law.broken + missing)


LAWS: tuple[Callable[[Case], Awaitable[Law]], ...] = (
    lost,
    adds_up,
    parked,
    answered_once,
    pieces,
    orders,
    stock,
    money,
    books,
    parts,
    events_kept,
    settled,
    ended,
    doubled,
    in_order,
    timers,
)
