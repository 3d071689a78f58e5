"""What the ledger refuses; each docstring is the message."""

from services.ground.money import Money


class LedgerError(Exception):
    """The ledger cannot take this."""

    def __init__(self, detail: str = "") -> None:
        message = self.__doc__ or ""
        super().__init__(f"{message} ({detail})" if detail else message)


class Unbalanced(LedgerError):
    """A journal needs entries that sum to zero in each currency."""


class SameKeyOtherJournal(LedgerError):
    """This key belongs to a journal of other entries."""


class NotEnough(LedgerError):
    """The account does not hold that much."""

    def __init__(self, account: str, left: Money) -> None:
        super().__init__(account)
        self.left = left  # what may be taken from it
