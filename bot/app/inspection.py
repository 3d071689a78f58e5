"""What commands look at: the dialog as it is written, and what it did before."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.app.resources import platform, serve
from bot.commands.running import Mendable
from bot.database.connections import Database, connect
from bot.dialog import diagram
from bot.replay.again import Candidate, kinds
from bot.replay.compared import Trial
from bot.settings import Settings
from handlers.chat import dialog
from services import payouts as payout_report
from services import reconciliation
from services.ledger import audit
from services.payments import events


def drawn(service: str) -> str:
    """The conversation of one service in Mermaid. Raises Mendable."""
    try:
        return diagram.mermaid(dialog, service)
    except LookupError as error:
        known = ", ".join(diagram.services(dialog))
        raise Mendable(f"There is no service {service}; there are: {known}") from error


def services() -> list[str]:
    """What tags begin with."""
    return diagram.services(dialog)


@contextlib.asynccontextmanager
async def trial(settings: Settings, url: str) -> AsyncIterator[Trial]:
    """This code, to take turns again that were taken before."""
    async with briefly(url) as database:
        candidate = Candidate(
            dialog, partial(serve, settings.providers), await kinds(database.pool)
        )
        yield Trial(candidate, database, settings.brand_name)


async def troubled_payments(url: str, most: int) -> list[events.Kept]:
    """The provider's events that somebody should look at."""
    async with briefly(url) as database, database.transaction() as tx:
        return await events.troubled(tx, most)


async def settle_again(url: str, provider: str, event_id: str) -> bool:
    """An event is settled once more by the next worker; False when there is none of that id."""
    async with briefly(url) as database, database.transaction() as tx:
        return await events.replay(tx, provider, event_id, datetime.now(UTC))


async def trial_balance(url: str) -> tuple[list[audit.Trial], list[audit.Difference]]:
    """What the accounts come to by currency, and those whose balance is not their entries'."""
    async with briefly(url) as database, database.transaction() as tx:
        return await audit.trial_balance(tx), await audit.differences(tx)


async def payouts(
    url: str, until: datetime | None = None, since: datetime | None = None
) -> list[payout_report.Line]:
    """What each business is to get, up to before `until` (now)."""
    async with briefly(url) as database, database.transaction() as tx:
        businesses = platform(tx).businesses
        return await payout_report.report(tx, businesses, until or datetime.now(UTC), since)


async def payment_events(url: str, payment_id: int) -> list[events.Kept]:
    """Everything the provider told of a payment."""
    async with briefly(url) as database, database.transaction() as tx:
        return await events.of_payment(tx, payment_id)


async def unreconciled(url: str, days: int) -> list[reconciliation.Finding]:
    """What does not fit between money and orders of so many days, and what waits too long."""
    async with briefly(url) as database, database.transaction() as tx:
        now = datetime.now(UTC)
        return await reconciliation.reconcile(tx, now, now - timedelta(days=days))


@contextlib.asynccontextmanager
async def briefly(url: str) -> AsyncIterator[Database]:
    """The database, for one command."""
    database = await connect(url, connections=2)
    try:
        yield database
    finally:
        await database.close()
