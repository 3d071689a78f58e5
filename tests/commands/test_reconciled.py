"""`payments`: what does not fit has an exit code, and any stored event is settled again."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import text

from bot.commands.reconciled import as_json, as_text
from bot.database.connections import Database
from services.payments.events import store
from services.payments.provider import Told
from services.reconciliation import Finding
from tests.commands.program import command

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOME = [
    Finding("unknown", "unknown: TimeoutError", datetime(2026, 11, 21, 9, 30, tzinfo=UTC), 3),
    Finding("unknown", "pending: no word", datetime(2026, 11, 14, 9, tzinfo=UTC), 2),
    Finding("order-without-payment", "the order is paid", order_number=1042),
    Finding("event", "ping: held", datetime(2026, 11, 21, 11, 59, tzinfo=UTC), None, None, "evt_1"),
]


def test_findings_are_said_by_kind_with_their_age() -> None:
    assert as_text(SOME, NOW).splitlines() == [
        "unknown: 2",
        "  payment 3  for 2 h  unknown: TimeoutError",
        "  payment 2  for 7 d  pending: no word",
        "order-without-payment: 1",
        "  order 1042  the order is paid",
        "event: 1",
        "  event evt_1  for 1 min  ping: held",
    ]
    assert [one["kind"] for one in orjson.loads(as_json(SOME))] == [one.kind for one in SOME]


async def test_check_says_by_its_exit_code_whether_all_fits(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")}
    calm = await command(tmp_path, settings, "payments", "check")
    assert (calm.code, calm.out, calm.err) == (
        0,
        "Money and orders agree, and nothing waits.\n",
        "",
    )
    async with database.transaction() as tx:
        user = await tx.scalar(text("INSERT INTO users DEFAULT VALUES RETURNING id"))
        values = f"({user}, 'order', 7, 100, 'KES', 'stripe', 'held', '', 'other sum')"
        payment = await tx.scalar(
            text(
                "INSERT INTO payments (user_id, service_type, service_id, amount, currency, method,"
                f" status, description, reason) VALUES {values} RETURNING id"
            )
        )
        await store(tx, Told("stripe", "evt_1", "checkout.session.completed", {}), NOW)
        await tx.execute(
            text(
                "UPDATE payment_events SET outcome = 'held', settled_at = now(), payment_id = :id"
            ).bindparams(id=payment)
        )
    wrong = await command(tmp_path, settings, "payments", "check", "--json")
    assert (wrong.code, wrong.err) == (1, "")
    assert [one["kind"] for one in orjson.loads(wrong.out)] == ["held", "event"]
    told = await command(tmp_path, settings, "payments", "events", str(payment))
    assert told.out.startswith("stripe evt_1  checkout.session.completed")
    again = await command(tmp_path, settings, "payments", "replay", "evt_1")
    assert (again.code, again.out) == (0, "back in line: evt_1\n")
    assert (await command(tmp_path, settings, "payments", "replay", "evt_2")).code == 1
    async with database.transaction() as tx:
        assert await tx.scalar(text("SELECT outcome FROM payment_events")) is None
