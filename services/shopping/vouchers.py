"""A business's vouchers: made, listed with their uses, switched off and on again."""

from typing import Any

from sqlalchemy import Row, Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping.desk import Desk
from services.shopping.errors import BadCode, CodeTaken
from services.shopping.goods import Page, page_of
from services.shopping.tables import ShopRow, VoucherRow
from services.shopping.voucher import Kind, NewVoucher, Voucher, code_of

_v = VoucherRow


class Vouchers(Desk):
    """Verbs of a business's members; its owner and managers make vouchers and switch them."""

    async def make_voucher(self, member_id: int, business_id: int, new: NewVoucher) -> Voucher:
        """A new code. Raises BadCode, CodeTaken, NotPermitted, NotFound."""
        await self._businesses.require_member(member_id, business_id, "products")
        if (code := code_of(new.code)) is None:
            raise BadCode(new.code)
        terms = {name: getattr(new, name) for name in NewVoucher.__slots__ if name != "code"}
        made = insert(_v).values(
            business_id=business_id, code=code, made_by=member_id, created_at=self._now, **terms
        )
        made = made.on_conflict_do_nothing(index_elements=["business_id", "code"])
        voucher_id = await self._tx.scalar(made.returning(_v.id))
        if voucher_id is None:
            raise CodeTaken(code)
        return await self._voucher(int(voucher_id))

    async def vouchers(
        self, member_id: int, business_id: int, offset: int = 0, limit: int = 8
    ) -> Page[Voucher]:
        """A business's vouchers, those that are on first, newest first. Raises NotFound."""
        await self._businesses.require_member(member_id, business_id)
        its = vouchers().where(_v.business_id == business_id)
        its = its.order_by(_v.is_active.desc(), _v.id.desc()).offset(offset).limit(limit + 1)
        return page_of([voucher_of(row) for row in await self._tx.rows(its)], offset, limit)

    async def voucher(self, member_id: int, voucher_id: int) -> Voucher:
        """One of a business the person belongs to. Raises NotFound."""
        voucher = await self._voucher(voucher_id)
        if await self._businesses.member(member_id, voucher.business_id) is None:
            raise NotFound("voucher")
        return voucher

    async def switch_voucher(self, member_id: int, voucher_id: int, *, on: bool) -> Voucher:
        """Let it work, or no longer; twice is fine. Orders made with it stay as they are.

        Raises NotFound, NotPermitted.
        """
        voucher = await self.voucher(member_id, voucher_id)
        await self._businesses.require_member(member_id, voucher.business_id, "products")
        switched = update(_v).where(_v.id == voucher_id).values(is_active=on)
        await self._tx.execute(switched)
        return await self._voucher(voucher_id)

    async def is_code_taken(self, business_id: int, words: str) -> bool:
        its = select(_v.id).where(_v.business_id == business_id, _v.code == code_of(words))
        return await self._tx.scalar(its) is not None

    async def takes_vouchers(self, business_id: int) -> bool:
        """Whether a code of this business could work today, so that it is worth asking for one."""
        works = (
            _v.is_active
            & or_(_v.starts_at.is_(None), _v.starts_at <= self._now)
            & or_(_v.ends_at.is_(None), _v.ends_at > self._now)
            & or_(_v.max_uses.is_(None), _v.uses < _v.max_uses)
        )
        some = select(_v.id).where(_v.business_id == business_id, works).limit(1)
        return await self._tx.scalar(some) is not None

    async def _voucher(self, voucher_id: int) -> Voucher:
        """The voucher, whoever asks. Raises NotFound."""
        row = await self._tx.row(vouchers().where(_v.id == voucher_id))
        if row is None:
            raise NotFound("voucher")
        return voucher_of(row)


def vouchers() -> Select[*tuple[Any, ...]]:
    """The columns `voucher_of` reads, to be narrowed by the caller."""
    return select(
        _v.id, _v.business_id, _v.code, _v.kind, _v.amount, _v.basis_points, _v.most, _v.minimum,
        _v.starts_at, _v.ends_at, _v.max_uses, _v.max_per_person, _v.uses, _v.is_active,
        ShopRow.currency,
    ).join(ShopRow, ShopRow.business_id == _v.business_id)  # fmt: skip


def voucher_of(row: Row[Any]) -> Voucher:
    fields = dict(row._mapping)
    currency = fields.pop("currency")
    for name in ("amount", "most", "minimum"):
        fields[name] = None if fields[name] is None else Money(fields[name], currency)
    return Voucher(**fields | {"kind": Kind(row.kind)})
