"""How many payments stand where, for the metrics."""

from sqlalchemy import func, select

from services.ground.transaction import Transaction
from services.payments.tables import PaymentRow


async def payments_by_status(tx: Transaction) -> dict[str, int]:
    rows = await tx.rows(
        select(PaymentRow.status, func.count().label("payments")).group_by(PaymentRow.status)
    )
    return {row.status: row.payments for row in rows}
