"""What payments mean in the ledger: whose the money is that came in, and who gives it back."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from services.ground.money import Money, split
from services.ground.transaction import Transaction
from services.ledger import Account, Journal, Ledger
from services.ledger import account as accounts
from services.payments.methods import BY_HAND
from services.payments.payment import Payment, Refund
from services.payments.shares import Share, shares_of

TOP_UP = "wallet"
"""The service type of a payment that fills the payer's own wallet."""


class Books:
    """Posts in the transaction in which the payment moves, after everything else it locks."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._ledger = Ledger(tx=tx, now=now)

    async def captured(self, payment: Payment, number: int, *, kept: bool) -> None:
        """Attempt `number` brought the money. Not `kept`: it goes back, and until then it is
        nobody's. Raises NotEnough where it is paid from a wallet."""
        shares = await shares_of(self._tx, payment.id) if kept else []
        entries = _owners(payment, shares, kept)
        entries.subtract(_holders(payment, shares))
        subject = _subject(payment, number)
        await self._ledger.post(Journal(f"{subject}:captured", "captured", entries, subject))

    async def provider_kept(self, payment: Payment, number: int, fee: Money) -> None:
        """The provider's own fee for attempt `number`, in its own currency; the platform bears
        it."""
        clearing = accounts.clearing(payment.method, fee.currency)
        cost = accounts.provider_fees(payment.method, fee.currency)
        entries = {clearing: fee.amount, cost: -fee.amount}
        key = f"{_subject(payment, number)}:fee"
        await self._ledger.post(Journal(key, "provider_fee", entries))

    async def gave_back(self, payment: Payment, number: int, refund: Refund) -> None:
        """A refund of attempt `number` is done: everybody gives back their part, to the unit."""
        subject, key = _subject(payment, number), f"refund:{refund.id}"
        came = await self._came(payment, number)
        entries = _backwards(_borne_by(refund.business_id, came), refund.amount.amount)
        journals = [Journal(key, "refunded", entries, subject)]
        wallet = accounts.wallet(payment.user_id, payment.amount.currency)
        if refund.to_wallet:
            journals += _into_wallet(key, entries, wallet)
        elif entries.get(wallet, 0) < 0:
            journals += await self._advance(key, entries, wallet)
        await self._ledger.post(*journals)

    async def withdrawn(self, payment: Payment, number: int, dispute: int, amount: Money) -> None:
        """The payer's bank took it back: everybody's part of attempt `number` is gone, till it
        is decided."""
        key = f"dispute:{dispute}"
        entries = _backwards(await self._came(payment, number), amount.amount)
        journals = [Journal(f"{key}:withdrawn", "disputed", entries, key)]
        wallet = accounts.wallet(payment.user_id, payment.amount.currency)
        if entries.get(wallet, 0) < 0:
            journals += await self._advance(key, entries, wallet, key)
        await self._ledger.post(*journals)

    async def reinstated(self, dispute: int) -> None:
        """And gave it back: what was taken from each, if it was."""
        key = f"dispute:{dispute}"
        back = {account: -taken for account, taken in (await self._ledger.about(key)).items()}
        if any(back.values()):
            await self._ledger.post(Journal(f"{key}:reinstated", "undisputed", back, key))

    async def _advance(
        self,
        key: str,
        entries: Mapping[Account, int],
        wallet: Account,
        subject: str | None = None,
    ) -> list[Journal]:
        """What was topped up went back though it is spent: the platform stands in for it."""
        nobody = accounts.suspense(wallet.currency)
        await self._ledger.lock({*entries, nobody})
        left = await self._ledger.balance(wallet)
        short = -entries[wallet] - left.amount
        if short <= 0:
            return []
        advanced = {wallet: short, nobody: -short}
        return [Journal(f"{key}:advanced", "advanced", advanced, subject)]

    async def _came(self, payment: Payment, number: int) -> dict[Account, int]:
        """What is left of what came in, by account."""
        subject = _subject(payment, number)
        if not (sums := await self._ledger.about(subject)):  # it came before there was a ledger
            await self.captured(payment, number, kept=True)
            sums = await self._ledger.about(subject)
        return sums


def payment_of(subject: str | None) -> int | None:
    """The id of the payment a journal is about."""
    found = re.fullmatch(r"payment:(\d+):\d+", subject or "")
    return None if found is None else int(found[1])


def _subject(payment: Payment, number: int) -> str:
    return f"payment:{payment.id}:{number}"


def _owners(payment: Payment, shares: list[Share], kept: bool) -> Counter[Account]:
    """Whose the money is now."""
    total, currency = payment.amount.amount, payment.amount.currency
    if kept and payment.service_type == TOP_UP:
        return Counter({accounts.wallet(payment.user_id, currency): total})
    if not shares:
        return Counter({accounts.suspense(currency): total})
    owners: Counter[Account] = Counter()
    for one in shares:
        owners[accounts.payable(one.business_id, currency)] += one.amount - one.fee
        owners[accounts.fees(one.business_id, currency)] += one.fee
    return owners


def _holders(payment: Payment, shares: list[Share]) -> Counter[Account]:
    """Who has it: the provider; or what was paid to the sellers, each what is theirs."""
    total, currency = payment.amount.amount, payment.amount.currency
    if payment.method == "wallet":
        return Counter({accounts.wallet(payment.user_id, currency): total})
    if payment.method not in BY_HAND or not shares:
        return Counter({accounts.clearing(payment.method, currency): total})
    holders: Counter[Account] = Counter()
    for one in shares:
        holders[accounts.cash(one.business_id, currency)] += one.amount
    return holders


def _into_wallet(key: str, back: Mapping[Account, int], wallet: Account) -> list[Journal]:
    """Whoever holds what goes back keeps it, and the payer has it in their wallet."""
    kept = {account: -part for account, part in back.items() if part > 0 and account != wallet}
    if not kept:
        return []  # it was paid from there
    return [Journal(f"{key}:wallet", "refunded", kept | {wallet: -sum(kept.values())})]


def _borne_by(seller: int | None, sums: dict[Account, int]) -> dict[Account, int]:
    """What of it a seller gives back, with whoever holds the money: nothing of the others'."""
    if seller is None:
        return sums
    mine = (None, seller)
    return {account: left for account, left in sums.items() if account.business_id in mine}


def _backwards(sums: dict[Account, int], amount: int) -> dict[Account, int]:
    """So much of what a payment's journals come to, the other way round, in proportion to what
    is left with each: what has all gone back leaves nothing anywhere."""
    entries: Counter[Account] = Counter()
    for sign in (1, -1):
        side = {account: sign * left for account, left in sums.items() if sign * left > 0}
        parts = split(amount, list(side.values()))
        entries.update(dict(zip(side, (-sign * part for part in parts), strict=True)))
    return entries
