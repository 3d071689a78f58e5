"""Who sells what is paid for, and what of the payment is each one's."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from services.ground.money import Money, share, split
from services.ground.transaction import Transaction
from services.payments.states import RefundStatus
from services.payments.tables import AttemptRow, PaymentRow, RefundRow


@dataclass(frozen=True, slots=True)
class Seller:
    """A business that sells a part; `due` is what its order lines come to, minor units. The
    platform keeps `fee_basis_points`/10,000 of its share."""

    business_id: int
    due: int
    fee_basis_points: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payment is a seller's, minor units; `fee` of it is the platform's."""

    business_id: int
    amount: int
    fee: int


def shares(amount: Money, sellers: Sequence[Seller]) -> list[Share]:
    """The payment split among its sellers to the unit: the amounts add up to it."""
    if not sellers:
        return []
    parts = split(amount.amount, [seller.due for seller in sellers])
    return [
        Share(seller.business_id, part, share(part, seller.fee_basis_points))
        for seller, part in zip(sellers, parts, strict=True)
    ]


Promised = Counter[int | None]
"""What goes or went back of a payment, minor units: of a seller's part by the business, of
everybody's by None."""


async def shares_of(tx: Transaction, payment_id: int) -> list[Share]:
    """Whose a payment is, as it was when it was asked for."""
    mine = select(PaymentRow.shares).where(PaymentRow.id == payment_id)
    return [Share(**one) for one in await tx.scalar(mine)]


async def promised_by(
    tx: Transaction, payment_ids: Collection[int], *, done: bool = False
) -> dict[int, Promised]:
    """What was promised to go back of each payment's own attempt, or has gone, by payment."""
    r, p, total = RefundRow, PaymentRow, func.sum(RefundRow.amount).label("total")
    which = r.status == RefundStatus.SUCCEEDED if done else r.status != RefundStatus.FAILED
    rows = await tx.rows(
        select(r.payment_id, r.business_id, total)
        .join(AttemptRow, AttemptRow.id == r.attempt_id)
        .join(p, (p.id == r.payment_id) & (p.attempt == AttemptRow.number))
        .where(r.payment_id.in_(payment_ids), which)
        .group_by(r.payment_id, r.business_id)
    )
    gone: dict[int, Promised] = {one: Counter() for one in payment_ids}
    for row in rows:
        gone[row.payment_id][row.business_id] = int(row.total)
    return gone


def left_of(business_id: int, parts: Sequence[Share], gone: Promised) -> int:
    """What is left of a seller's part: less what was given back of it, and of everybody's."""
    everybodys = split(gone[None], [part.amount for part in parts])
    return sum(
        part.amount - common - gone[business_id]
        for part, common in zip(parts, everybodys, strict=True)
        if part.business_id == business_id
    )
