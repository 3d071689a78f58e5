"""Lines of a product file into the tables: what is there is read and locked, then only what
differs is written. The order of locks is that of buying: by key, stock last."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, insert, select, union, update

from services.ground.transaction import Transaction
from services.shopping.desk import Desk
from services.shopping.sheets.cells import SHELF_MARK, Unusable
from services.shopping.sheets.columns import Problem, Row
from services.shopping.sheets.known import OPTIONAL, OWN, UNIT, Known, listings, shelves
from services.shopping.sheets.listing import Listing, put
from services.shopping.tables import CategoryRow, ImageRow, ProductRow, StockRow, VariantRow

_p, _v, _s = ProductRow, VariantRow, StockRow


@dataclass(frozen=True, slots=True)
class Put:
    """What became of some lines; `problems` are those that were not taken."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: "Put") -> "Put":
        return Put(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            (*self.problems, *other.problems),
        )


def settle(rows: Sequence[Row], known: Known) -> Put:
    """Take lines one by one; `known` then holds the products as they are to be."""
    added = changed = unchanged = 0
    problems = []
    for row in rows:
        before = known.find(row)
        try:
            after = put(row, before)
        except Unusable as why:
            problems.append(Problem(row.line, row.sku, why.column or "sku", why.why, why.given))
            continue
        if before is not None and len(after.units) == len(before.units):
            unchanged += after == before
            changed += after != before
        else:
            added += 1
        known.keep(after)
    return Put(added, changed, unchanged, tuple(problems))


class Sheets(Desk):
    """Products put by the hundred. What may be changed by whom, the caller has made sure of."""

    async def put_rows(self, business_id: int, rows: Sequence[Row]) -> Put:
        """Take lines of a file, in their order; the others come back as problems."""
        await self._one_import(business_id)
        known = await self.known(business_id, rows, lock=True)
        before = dict(known.listings)
        done = settle(rows, known)
        await _Writing(self._tx, self._now, business_id, before, known.listings).write()
        return done

    async def known(self, business_id: int, rows: Sequence[Row], *, lock: bool = False) -> Known:
        """The products that lines are about."""
        skus = {row.sku for row in rows}
        products = skus | {row.product for row in rows if row.product}
        # Two looks into two indexes: in one question, either side would read the whole shop.
        by_sku = select(_p.id).where(_p.business_id == business_id, _p.sku.in_(products))
        by_variant = select(_v.product_id).where(_v.business_id == business_id, _v.sku.in_(skus))
        ids = await self._tx.scalars(union(by_sku, by_variant))
        if lock:
            mine = select(_p.id).where(_p.id.in_(ids)).order_by(_p.id)
            await self._tx.execute(mine.with_for_update(key_share=True))
            await self._tx.execute(
                select(_s.variant_id)
                .join(_v, _v.id == _s.variant_id)
                .where(_v.product_id.in_(ids))
                .order_by(_s.variant_id)
                .with_for_update(of=_s)
            )
        return Known({one.sku: one for one in await listings(self._tx, business_id, ids)})

    async def _one_import(self, business_id: int) -> None:
        """Imports of a business go one batch after another: they may meet in new SKUs."""
        await self._tx.execute(
            select(func.pg_advisory_xact_lock(_LOCK, bindparam("b", business_id, Integer)))
        )


_LOCK = 7_201  # of advisory locks, this one's


class _Writing:
    """What differs between products as they were and as they are to be."""

    def __init__(
        self,
        tx: Transaction,
        now: Any,
        business_id: int,
        before: Mapping[str, Listing],
        after: Mapping[str, Listing],
    ) -> None:
        self._tx = tx
        self._now = now
        self._business = business_id
        self._before = before
        self._after = [one for one in after.values() if before.get(one.sku) != one]

    async def write(self) -> None:
        if not self._after:
            return
        await self._make_shelves()
        ids = {one.sku: one.id for one in self._after if one.id} | await self._add_products()
        await self._change_products()
        await self._write_units(ids)
        await self._write_pictures(ids)

    async def _make_shelves(self) -> None:
        here = await shelves(self._tx, self._business)
        self._shelves = {path.casefold(): id_ for id_, path in sorted(here.items(), reverse=True)}
        for path in dict.fromkeys(one.category for one in self._after if one.category):
            parent, so_far = None, ""
            for name in path.split(f" {SHELF_MARK} "):
                so_far = f"{so_far} {SHELF_MARK} {name}" if so_far else name
                parent = self._shelves.get(so_far.casefold()) or await self._shelf(
                    so_far, name, parent
                )
                self._shelves[so_far.casefold()] = parent

    async def _shelf(self, path: str, name: str, parent: int | None) -> int:
        slug = await self._free_slugs(CategoryRow, {path: slugged(path, 64)}, 64)
        values = {"business_id": self._business, "name": name, "names": {}, "parent_id": parent}
        made = insert(CategoryRow).values(slug=slug[path], position=len(self._shelves), **values)
        return int(await self._tx.scalar(made.returning(CategoryRow.id)))

    async def _free_slugs(
        self, table: Any, wanted: Mapping[str, str], longest: int
    ) -> dict[str, str]:
        """The slug of each key; one that is taken, or wanted twice, gets a tail of its own."""
        asked = select(table.slug).where(
            table.business_id == self._business, table.slug.in_(set(wanted.values()))
        )
        taken = set(await self._tx.scalars(asked))
        free = {}
        for key, slug in wanted.items():
            if slug in taken:
                tail = hashlib.sha256(key.encode()).hexdigest()[:8]
                free[key] = f"{slug[: longest - 9]}-{tail}"
            else:
                free[key] = slug
            taken.add(free[key])
        return free

    def _own(self, one: Listing) -> dict[str, Any]:
        fields = {name: getattr(one, name) for name in OWN}
        fields |= {name: fields[name] or None for name in OPTIONAL} | {"tags": list(one.tags)}
        shelf = one.shelf
        if one.category != one.shelf_name:
            shelf = self._shelves[one.category.casefold()] if one.category else None
        return fields | {"category_id": shelf, "updated_at": self._now}

    async def _add_products(self) -> dict[str, int]:
        new = [one for one in self._after if not one.id]
        if not new:
            return {}
        wanted = {one.sku: slugged(f"{one.name} {one.sku}", 255) for one in new}
        slugs = await self._free_slugs(ProductRow, wanted, 255)
        values = [
            {"business_id": self._business, "sku": one.sku, "slug": slugs[one.sku]} | self._own(one)
            for one in new
        ]
        made = await self._tx.execute(insert(_p).returning(_p.id, _p.sku), values)
        return {row.sku: row.id for row in made}

    async def _change_products(self) -> None:
        changed = [one for one in self._after if one.id and self._differs(one)]
        if changed:
            own = [
                {f"{name}_": value for name, value in self._own(one).items()} | {"p": one.id}
                for one in changed
            ]
            await self._tx.execute(_CHANGE_PRODUCT, own)

    def _differs(self, one: Listing) -> bool:
        before = self._before[one.sku]
        return any(getattr(one, name) != getattr(before, name) for name in (*OWN, "category"))

    async def _write_units(self, ids: Mapping[str, int]) -> None:
        new, changed, counted, recounted = [], [], [], []
        for one in self._after:
            before = self._before.get(one.sku)
            for place, unit in enumerate(one.units.values()):
                own = {name: getattr(unit, name) for name in UNIT}
                was = before.units.get(unit.sku) if before else None
                if was is None:
                    of = {"business_id": self._business, "product_id": ids[one.sku]}
                    new.append(own | of | {"sku": unit.sku, "position": place})
                    counted.append((unit.sku, unit.quantity))
                    continue
                if own != {name: getattr(was, name) for name in UNIT}:
                    changed.append({f"{name}_": own[name] for name in UNIT} | {"v": unit.id})
                if unit.quantity != was.quantity:
                    recounted.append({"v": unit.id, "n": unit.quantity, "at": self._now})
        if new:
            made = await self._tx.execute(insert(_v).returning(_v.id, _v.sku), new)
            by_sku = {row.sku: row.id for row in made}
            stock = [{"variant_id": by_sku[sku], "quantity": count} for sku, count in counted]
            await self._tx.execute(insert(_s), stock)
        if changed:
            await self._tx.execute(_CHANGE_UNIT, changed)
        if recounted:
            await self._tx.execute(_COUNT, sorted(recounted, key=lambda one: one["v"]))

    async def _write_pictures(self, ids: Mapping[str, int]) -> None:
        fresh = []
        for one in self._after:
            before = self._before.get(one.sku)
            if before is not None and before.pictures == one.pictures:
                continue
            if before is not None and before.pictures:
                gone = delete(ImageRow).where(
                    ImageRow.product_id == one.id, ImageRow.variant_id.is_(None)
                )
                await self._tx.execute(gone)
            fresh += [
                {"product_id": ids[one.sku], "path": path, "position": place}
                for place, path in enumerate(one.pictures)
            ]
        if fresh:
            await self._tx.execute(insert(ImageRow), fresh)


_CHANGE_PRODUCT = (
    update(_p)
    .where(_p.id == bindparam("p", type_=BigInteger))
    .values({name: bindparam(f"{name}_") for name in (*OWN, "category_id", "updated_at")})
)
_CHANGE_UNIT = (
    update(_v)
    .where(_v.id == bindparam("v", type_=BigInteger))
    .values({name: bindparam(f"{name}_") for name in UNIT})
)
_COUNT = (
    update(_s)
    .where(_s.variant_id == bindparam("v", type_=BigInteger))
    .values(quantity=bindparam("n", type_=Integer), updated_at=bindparam("at"))
)


def slugged(words: str, longest: int) -> str:
    """Words as part of an address: "Café, ground" is "cafe-ground"."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-") or "item"
