"""Files of products that members send: asked for in a turn, taken after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.transaction import Transaction
from services.payments.due import later
from services.payments.provider import RETRY
from services.shopping.desk import Desk
from services.shopping.tables import ImportRow

CHANNEL = "attachments"
LEASE = timedelta(minutes=10)  # longer than any batch of lines takes
MOST_TRIES = 5

_i = ImportRow


class Requests(Desk):
    """What a member's turn does about a file."""

    async def expect_file(
        self, member_id: int, file_id: int, language: str, business_id: int | None
    ) -> None:
        """A file is on its way; `business_id` None: the member says later whose it is.
        Raises NotFound, NotPermitted."""
        if business_id is not None:
            await self._businesses.require_member(member_id, business_id, "products")
        values = {"user_id": member_id, "language": language, "business_id": business_id}
        asked = insert(_i).values(file_id=file_id, **values)
        await self._tx.execute(asked.on_conflict_do_nothing(index_elements=["file_id"]))

    async def say_whose(self, member_id: int, file_id: int, business_id: int) -> None:
        """Whose products the file has. Raises NotFound, NotPermitted."""
        await self._businesses.require_member(member_id, business_id, "products")
        mine = (_i.file_id == file_id, _i.user_id == member_id, _i.done_at.is_(None))
        await self._tx.execute(update(_i).where(*mine).values(business_id=business_id))
        await self._due(file_id)

    async def file_came(self, member_id: int, file_id: int, key: str) -> bool:
        """The file is there; False when it is no file of products."""
        mine = update(_i).where(_i.file_id == file_id, _i.user_id == member_id)
        found = await self._tx.scalar(mine.values(file_key=key).returning(_i.id))
        await self._due(file_id)
        return found is not None

    async def file_failed(self, member_id: int, file_id: int) -> bool:
        """It will not come; False when it was no file of products."""
        mine = update(_i).where(_i.file_id == file_id, _i.user_id == member_id)
        return await self._tx.scalar(mine.values(done_at=self._now).returning(_i.id)) is not None

    async def _due(self, file_id: int) -> None:
        ready = (_i.business_id.is_not(None), _i.file_key.is_not(None), _i.done_at.is_(None))
        due = update(_i).where(_i.file_id == file_id, *ready).values(due_at=self._now)
        if await self._tx.scalar(due.returning(_i.id)) is not None:
            await self._tx.execute(select(func.pg_notify(CHANNEL, "products")))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be taken, leased until it is done or the lease runs out."""

    id: int
    user_id: int
    business_id: int
    file_key: str
    language: str
    tries: int  # this one too


async def claim(tx: Transaction, now: datetime) -> Wanted | None:
    """The one that is longest due."""
    due = select(_i.id).where(_i.due_at <= now).order_by(_i.due_at).limit(1)
    fields = (_i.id, _i.user_id, _i.business_id, _i.file_key, _i.language, _i.tries)
    leased = update(_i).where(_i.id == due.with_for_update(skip_locked=True).scalar_subquery())
    leased = leased.values(due_at=now + LEASE, tries=_i.tries + 1)
    row = await tx.row(leased.returning(*fields))
    return None if row is None else Wanted(**row._mapping)


async def renew(tx: Transaction, now: datetime, wanted: Wanted) -> None:
    """It is still being taken."""
    await tx.execute(update(_i).where(_i.id == wanted.id).values(due_at=now + LEASE))


async def put_off(tx: Transaction, now: datetime, wanted: Wanted) -> bool:
    """It failed: again after a pause; False when it has been tried often enough."""
    if wanted.tries >= MOST_TRIES:
        return False
    due = now + later(RETRY, wanted.tries - 1)
    await tx.execute(update(_i).where(_i.id == wanted.id).values(due_at=due))
    return True


async def done(tx: Transaction, now: datetime, wanted: Wanted) -> bool:
    """It has been taken; False when another process has told so."""
    mine = update(_i).where(_i.id == wanted.id, _i.done_at.is_(None))
    return await tx.scalar(mine.values(due_at=None, done_at=now).returning(_i.id)) is not None
