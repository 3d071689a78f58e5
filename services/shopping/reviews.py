"""Reviews: written by who bought it, approved or refused by who sold it, read by everybody.

Locks are taken in one order: the product, then the review.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Select, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.errors import NotFound
from services.ground.people import PLATFORM, User
from services.shopping import ratings
from services.shopping.errors import NotYours, ReviewChanged
from services.shopping.facts import ReviewRefused, ReviewWritten
from services.shopping.goods import Page, page_of
from services.shopping.orders import Orders
from services.shopping.review import Review, Reviewable, ReviewStatus
from services.shopping.tables import HelpfulRow, OrderItemRow, OrderRow, ProductRow, ReviewRow

STILL_WRITING = timedelta(minutes=10)
"""So long after the last word of a review its business is told: stars, words and a photo come
one after the other."""

_r = ReviewRow
_i = OrderItemRow
_o = OrderRow

_helpful = (
    select(cast(func.count(), Integer)).where(HelpfulRow.review_id == _r.id).correlate(_r)
).scalar_subquery()


def _reviews(where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            _r.id, _r.order_item_id, _r.product_id, ProductRow.name.label("product"),
            _r.business_id, _r.user_id, User.name.label("author"), _r.rating, _r.content,
            _r.photo, _r.edition, _r.status, _r.reason, _r.decided_by, _r.written_at,
            _helpful.label("helpful"),
        )
        .join(ProductRow, ProductRow.id == _r.product_id)
        .join(User, User.id == _r.user_id)
        .where(where)
    )  # fmt: skip


class Reviews(Orders):
    """Writing, deciding and reading reviews. What is not the person's is NotFound."""

    # -- by who bought it ---------------------------------------------------------------

    async def reviewable(self, user_id: int, order_id: int) -> list[Reviewable]:
        """The lines of a person's order that they may rate, rated or not: delivered, still in the
        catalogue, and of a business they do not belong to. Raises NotFound."""
        order = await self._order(order_id)
        if order.user_id != user_id:
            raise NotFound("order")
        if await self._businesses.member(user_id, order.business_id) is not None:
            return []
        rows = await self._tx.rows(_bought(_o.id == order_id))
        return [await self._reviewable(row) for row in rows]

    async def reviewable_item(self, user_id: int, order_item_id: int) -> Reviewable:
        """One of those. Raises NotFound, NotYours."""
        row = await self._tx.row(_bought(_i.id == order_item_id, _o.user_id == user_id))
        if row is None:
            raise NotFound("order item")
        if await self._businesses.member(user_id, row.business_id) is not None:
            raise NotYours
        return await self._reviewable(row)

    async def rate(self, user_id: int, order_item_id: int, rating: int) -> Review:
        """1 to 5 stars. Raises NotFound, NotYours (one's own business's goods).

        Whatever changes a review makes another edition of it, which waits for approval. What
        changes nothing leaves it as it stands.
        """
        return await self._say(user_id, order_item_id, rating=rating)

    async def add_words(self, user_id: int, order_item_id: int, words: str) -> Review:
        """Why those stars, in the place of what was said before. Raises as `rate`."""
        return await self._say(user_id, order_item_id, content=words)

    async def add_photo(self, user_id: int, order_item_id: int, key: str) -> Review:
        """How it looks; a key of the files port. Raises as `rate`."""
        return await self._say(user_id, order_item_id, photo=key)

    async def _say(self, user_id: int, order_item_id: int, **said: Any) -> Review:
        item = await self.reviewable_item(user_id, order_item_id)
        await ratings.lock(self._tx, [item.product_id])
        was = await self._of_item(order_item_id)
        if was is None:
            return await self._first_word(user_id, item, said)
        if all(getattr(was, name) == value for name, value in said.items()):
            return was
        edited = update(_r).where(_r.id == was.id)
        again = {"status": ReviewStatus.PENDING, "decided_by": None, "decided_at": None}
        await self._tx.execute(
            edited.values(
                edition=_r.edition + 1, reason=None, written_at=self._now, **again, **said
            )
        )
        if was.status is ReviewStatus.APPROVED:
            await ratings.count(self._tx, was.product_id)
        return await self._tell_members(was.id)

    async def _first_word(self, user_id: int, item: Reviewable, said: dict[str, Any]) -> Review:
        if "rating" not in said:
            raise NotFound("review")
        sold = select(ProductRow.business_id).where(ProductRow.id == item.product_id)
        values = {"product_id": item.product_id, "user_id": user_id, "written_at": self._now}
        made = insert(_r).values(
            order_item_id=item.order_item_id,
            business_id=sold.scalar_subquery(),
            **values,
            **said,
        )
        return await self._tell_members(int(await self._tx.scalar(made.returning(_r.id))))

    async def _tell_members(self, review_id: int) -> Review:
        """Tell the business once its author has had the time to finish."""
        review = await self._review(review_id)
        told = await self._businesses.members_to_tell(review.business_id, "reviews")
        if not told:
            members = await self._businesses.members(review.business_id)
            told = [member.user_id for member in members]
        for member in told:
            fact = ReviewWritten(
                user_id=member, business_id=review.business_id, review_id=review.id
            )
            await self._facts.schedule(self._tx, fact, self._now + STILL_WRITING)
        return review

    # -- by who sold it -----------------------------------------------------------------

    async def review(self, review_id: int, by: int) -> Review:
        """For its author, a member of the business, or the platform. Raises NotFound."""
        review = await self._review(review_id)
        if by not in (PLATFORM.id, review.user_id):
            await self._businesses.require_member(by, review.business_id)
        return review

    async def pending_reviews(self, member_id: int, business_id: int) -> Page[Review]:
        """The one that has waited longest; `has_more`: others wait as well. Raises NotFound."""
        await self._businesses.require_member(member_id, business_id)
        waiting = (_r.business_id == business_id) & (_r.status == ReviewStatus.PENDING)
        oldest = _reviews(waiting).order_by(_r.written_at, _r.id).limit(2)
        return page_of([_review(row) for row in await self._tx.rows(oldest)], 0, 1)

    async def approve_review(self, review_id: int, edition: int, by: int) -> Review:
        """Publish an edition: from here on it counts. By a member, or the platform, which may
        also overturn what a member decided; else what is decided stays.

        Raises NotFound, ReviewChanged (`edition` is not what it says now), NotYours.
        """
        return await self._decide(review_id, edition, by, ReviewStatus.APPROVED, None)

    async def refuse_review(self, review_id: int, edition: int, by: int, reason: str) -> Review:
        """Do not publish an edition; its author reads `reason`. As `approve_review`."""
        return await self._decide(review_id, edition, by, ReviewStatus.REFUSED, reason)

    async def _decide(
        self, review_id: int, edition: int, by: int, status: ReviewStatus, reason: str | None
    ) -> Review:
        product_id = (await self.review(review_id, by)).product_id
        await ratings.lock(self._tx, [product_id])
        review = await self._review(review_id)
        if by == review.user_id:
            raise NotYours
        if review.edition != edition:
            raise ReviewChanged(review)
        is_open = review.status is ReviewStatus.PENDING or by == PLATFORM.id
        if not is_open or review.status is status:
            return review
        decided = update(_r).where(_r.id == review_id)
        await self._tx.execute(
            decided.values(
                status=status, reason=reason, decided_by=by or None, decided_at=self._now
            )
        )
        if ReviewStatus.APPROVED in (status, review.status):
            await ratings.count(self._tx, product_id)
        if reason is not None:
            fact = ReviewRefused(
                user_id=review.user_id, review_id=review_id, edition=edition, reason=reason
            )
            await self._facts.announce(self._tx, fact)
        return await self._review(review_id)

    # -- by everybody -------------------------------------------------------------------

    async def reviews_of(self, product_id: int, offset: int = 0, limit: int = 3) -> Page[Review]:
        """The approved ones, newest first."""
        shown = (_r.product_id == product_id) & (_r.status == ReviewStatus.APPROVED)
        newest = _reviews(shown).order_by(_r.written_at.desc(), _r.id.desc())
        rows = await self._tx.rows(newest.offset(offset).limit(limit + 1))
        return page_of([_review(row) for row in rows], offset, limit)

    async def found_helpful(self, user_id: int, review_id: int) -> bool:
        """One vote a person; False when they gave it before. Raises NotFound, NotYours."""
        review = await self._review(review_id)
        if review.status is not ReviewStatus.APPROVED:
            raise NotFound("review")
        if review.user_id == user_id:
            raise NotYours
        vote = insert(HelpfulRow).values(review_id=review_id, user_id=user_id)
        return (await self._tx.execute(vote.on_conflict_do_nothing())).rowcount > 0

    async def review_photos(self) -> list[str]:
        """The files that reviews show, to be kept as long as they do."""
        shown = select(_r.photo).where(_r.photo.is_not(None), _r.status != ReviewStatus.REFUSED)
        return list(await self._tx.scalars(shown))

    # -- rows ---------------------------------------------------------------------------

    async def _review(self, review_id: int) -> Review:
        row = await self._tx.row(_reviews(_r.id == review_id))
        if row is None:
            raise NotFound("review")
        return _review(row)

    async def _of_item(self, order_item_id: int) -> Review | None:
        row = await self._tx.row(_reviews(_r.order_item_id == order_item_id))
        return None if row is None else _review(row)

    async def _reviewable(self, row: Row[Any]) -> Reviewable:
        fields = {name: value for name, value in row._mapping.items() if name != "business_id"}
        return Reviewable(**fields, review=await self._of_item(row.order_item_id))


def _bought(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Lines that have arrived, of products that are still here."""
    return (
        select(
            _o.id.label("order_id"), _o.business_id, _i.id.label("order_item_id"),
            cast(_i.product_id, BigInteger).label("product_id"), _i.name, _i.title,
        )
        .join(_o, _o.id == _i.order_id)
        .where(_o.delivered_at.is_not(None), _i.product_id.is_not(None), *where)
        .order_by(_i.id)
    )  # fmt: skip


def _review(row: Row[Any]) -> Review:
    return Review(**{**row._mapping, "status": ReviewStatus(row.status)})
