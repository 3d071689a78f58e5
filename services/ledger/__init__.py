"""The ledger: what everybody's money is, in double entry, and never rewritten."""

from services.ledger.account import Account, Kind
from services.ledger.errors import LedgerError, NotEnough, SameKeyOtherJournal, Unbalanced
from services.ledger.journal import Journal, Posted
from services.ledger.ledger import Ledger

__all__ = [
    "Account",
    "Journal",
    "Kind",
    "Ledger",
    "LedgerError",
    "NotEnough",
    "Posted",
    "SameKeyOtherJournal",
    "Unbalanced",
]
