"""Phone numbers of people: the port through which a service asks for one.

No row of a service keys on a phone number; people change them. The composition root binds the
port to the identities.
"""

from typing import Protocol

from services.ground.transaction import Transaction


class Phones(Protocol):
    """Numbers are E.164. In the caller's transaction."""

    async def of(self, tx: Transaction, user_id: int) -> str | None:
        """A person's number; None when they came without one."""

    async def meet(self, tx: Transaction, phone: str, through: int) -> int:
        """The person of a number, who becomes one now if nobody knew them; they are written to
        on the number of ours that `through` (a user id) writes to."""


class NoPhones:
    """Where nobody is known by a number, and nobody is met."""

    async def of(self, tx: Transaction, user_id: int) -> str | None:
        return None

    async def meet(self, tx: Transaction, phone: str, through: int) -> int:
        raise NotImplementedError("nobody is met here")


NOBODY = NoPhones()
