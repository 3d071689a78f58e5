"""Reviews: of what arrived, one a line, counted while approved and by nobody's arithmetic."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.ground.errors import NotFound
from services.ground.people import PLATFORM
from services.ground.transaction import Transaction
from services.shopping import NotYours, Order, Review, ReviewChanged, ReviewStatus
from services.shopping.facts import ReviewAsk, ReviewRefused, ReviewWritten
from services.shopping.parcels import ASK_AFTER
from services.shopping.reviews import STILL_WRITING
from tests.services.shopping.conftest import Town


@dataclass
class Bought:
    """A person with a tea that arrived."""

    person: int
    order: Order

    @property
    def item(self) -> int:
        return self.order.items[0].id

    @property
    def product(self) -> int:
        return self.order.items[0].product_id or 0


async def brought(tx: Transaction, town: Town, person: int, variant: int, count: int = 1) -> Bought:
    order = await town.order(tx, person, variant, count, method="cash")
    shop = town.at(tx)
    await shop.accept(order.id, town.owner)
    await shop.ship(order.id, town.owner)
    return Bought(person, await shop.deliver(order.id, town.owner))


@pytest.fixture
async def tea(tx: Transaction, town: Town) -> int:
    return await town.goods(tx, "TEA", left=50)


@pytest.fixture
async def bought(tx: Transaction, town: Town, tea: int) -> Bought:
    return await brought(tx, town, await town.person(tx), tea)


async def shown(tx: Transaction, town: Town, product: int) -> tuple[str, int]:
    """Rating and count, as the product's page has them."""
    page = await town.at(tx).product(product)
    return f"{page.rating:.2f}", page.reviews_count


async def approved(tx: Transaction, town: Town, bought: Bought, rating: int) -> Review:
    shop = town.at(tx)
    review = await shop.rate(bought.person, bought.item, rating)
    return await shop.approve_review(review.id, review.edition, town.owner)


# -- asking -----------------------------------------------------------------------------


async def test_the_buyer_is_asked_once_some_hours_after_it_came(tx, town, bought) -> None:
    await town.at(tx).deliver(bought.order.id, town.owner)
    asks = [(fact, at) for fact, at in town.told.later.values() if isinstance(fact, ReviewAsk)]
    [(fact, at)] = asks
    assert (fact.user_id, fact.order_id) == (bought.person, bought.order.id)
    assert at == town.now + ASK_AFTER


async def test_only_what_arrived_can_be_rated_and_only_by_who_bought_it(tx, town, tea) -> None:
    person = await town.person(tx)
    order = await town.order(tx, person, tea, method="cash")
    shop = town.at(tx)
    assert await shop.reviewable(person, order.id) == []
    with pytest.raises(NotFound):
        await shop.rate(person, order.items[0].id, 5)
    arrived = await brought(tx, town, person, tea)
    [line] = await shop.reviewable(person, arrived.order.id)
    assert (line.name, line.review) == ("TEA", None)
    stranger = await town.person(tx)
    with pytest.raises(NotFound):
        await shop.rate(stranger, arrived.item, 1)
    with pytest.raises(NotFound):
        await shop.reviewable(stranger, arrived.order.id)


async def test_a_business_does_not_review_its_own_goods(tx, town, tea) -> None:
    mine = await brought(tx, town, town.owner, tea)
    assert await town.at(tx).reviewable(town.owner, mine.order.id) == []
    with pytest.raises(NotYours):
        await town.at(tx).rate(town.owner, mine.item, 5)


async def test_words_and_a_photo_need_stars_first(tx, town, bought) -> None:
    with pytest.raises(NotFound):
        await town.at(tx).add_words(bought.person, bought.item, "Good")


async def test_the_members_hear_of_it_when_its_author_has_finished(tx, town, bought) -> None:
    shop = town.at(tx)
    await shop.rate(bought.person, bought.item, 4)
    town.later(minutes=3)
    review = await town.at(tx).add_words(bought.person, bought.item, "Strong")
    facts = [one for one in town.told.later.values() if isinstance(one[0], ReviewWritten)]
    [(fact, at)] = facts
    assert (fact.user_id, fact.review_id) == (town.owner, review.id)
    assert at == town.now + STILL_WRITING


async def test_where_nobody_wants_to_hear_of_reviews_everybody_does(tx, town, bought) -> None:
    await town.businesses(tx).want(town.business, town.owner, ())
    await town.at(tx).rate(bought.person, bought.item, 4)
    assert [f.user_id for f, _ in town.told.later.values() if isinstance(f, ReviewWritten)] == [
        town.owner
    ]


# -- what counts ------------------------------------------------------------------------


async def test_a_review_counts_once_it_is_approved(tx, town, bought) -> None:
    shop = town.at(tx)
    review = await shop.rate(bought.person, bought.item, 4)
    assert await shown(tx, town, bought.product) == ("0.00", 0)
    assert (await shop.reviews_of(bought.product)).items == ()
    done = await shop.approve_review(review.id, 1, town.owner)
    assert (done.status, done.decided_by) == (ReviewStatus.APPROVED, town.owner)
    assert await shown(tx, town, bought.product) == ("4.00", 1)
    assert [one.id for one in (await shop.reviews_of(bought.product)).items] == [review.id]


async def test_the_rating_is_the_mean_of_all(tx, town, tea, bought) -> None:
    await approved(tx, town, bought, 5)
    for rating in (4, 4):
        await approved(tx, town, await brought(tx, town, await town.person(tx), tea), rating)
    assert await shown(tx, town, bought.product) == ("4.33", 3)


async def test_what_was_brought_along_is_counted_in(tx, town) -> None:
    variant = await town.goods(tx, "OLD", left=5, rating=Decimal("4.50"), reviews_count=3)
    bought = await brought(tx, town, await town.person(tx), variant)
    assert await shown(tx, town, bought.product) == ("4.50", 3)
    await approved(tx, town, bought, 1)
    assert await shown(tx, town, bought.product) == ("3.63", 4)  # (3 × 4.5 + 1) / 4, half up
    page = await town.at(tx).product(bought.product)
    assert (page.brought_reviews, page.reviews_here) == (3, 1)


async def test_putting_the_product_up_again_leaves_its_rating(tx, town, bought) -> None:
    await approved(tx, town, bought, 5)
    await town.goods(tx, "TEA", left=50)
    assert await shown(tx, town, bought.product) == ("5.00", 1)
    assert await town.at(tx).rating_drifts() == []


async def test_editing_takes_it_out_and_to_moderation_again(tx, town, bought) -> None:
    review = await approved(tx, town, bought, 5)
    town.later(days=1)
    edited = await town.at(tx).add_words(bought.person, bought.item, "On second thoughts")
    assert (edited.id, edited.edition, edited.status) == (review.id, 2, ReviewStatus.PENDING)
    assert await shown(tx, town, bought.product) == ("0.00", 0)
    with pytest.raises(ReviewChanged) as told:
        await town.at(tx).approve_review(review.id, 1, town.owner)  # an old button
    assert told.value.review.content == "On second thoughts"
    await town.at(tx).approve_review(review.id, 2, town.owner)
    assert await shown(tx, town, bought.product) == ("5.00", 1)


async def test_saying_the_same_again_changes_nothing(tx, town, bought) -> None:
    await approved(tx, town, bought, 5)
    again = await town.at(tx).rate(bought.person, bought.item, 5)
    assert (again.edition, again.status) == (1, ReviewStatus.APPROVED)


# -- deciding ---------------------------------------------------------------------------


async def test_a_refusal_has_a_reason_and_its_author_hears_it(tx, town, bought) -> None:
    shop = town.at(tx)
    review = await shop.rate(bought.person, bought.item, 1)
    refused = await shop.refuse_review(review.id, 1, town.owner, "rude")
    assert (refused.status, refused.reason) == (ReviewStatus.REFUSED, "rude")
    [fact] = [one for one in town.told.facts.values() if isinstance(one, ReviewRefused)]
    assert (fact.user_id, fact.reason) == (bought.person, "rude")
    assert await shown(tx, town, bought.product) == ("0.00", 0)
    anew = await shop.rate(bought.person, bought.item, 2)
    assert (anew.status, anew.reason, anew.edition) == (ReviewStatus.PENDING, None, 2)


async def test_what_is_decided_stays_but_for_the_platform(tx, town, bought) -> None:
    shop = town.at(tx)
    review = await approved(tx, town, bought, 5)
    assert (await shop.refuse_review(review.id, 1, town.owner, "no")).status == "approved"
    overturned = await shop.refuse_review(review.id, 1, PLATFORM.id, "fraud")
    assert (overturned.status, overturned.decided_by) == (ReviewStatus.REFUSED, None)
    assert await shown(tx, town, bought.product) == ("0.00", 0)
    assert (await shop.approve_review(review.id, 1, PLATFORM.id)).reason is None
    assert await shown(tx, town, bought.product) == ("5.00", 1)


async def test_nobody_of_another_business_decides_or_reads(tx, town, bought) -> None:
    other_business, other = await town.open_business(tx, "other")
    shop = town.at(tx)
    review = await shop.rate(bought.person, bought.item, 3)
    for by in (other, await town.person(tx)):
        with pytest.raises(NotFound):
            await shop.approve_review(review.id, 1, by)
        with pytest.raises(NotFound):
            await shop.review(review.id, by)
    with pytest.raises(NotFound):
        await shop.pending_reviews(other, town.business)
    assert (await shop.pending_reviews(other, other_business)).items == ()
    assert [r.id for r in (await shop.pending_reviews(town.owner, town.business)).items] == [
        review.id
    ]


async def test_nobody_approves_their_own(tx, town, bought) -> None:
    """They joined the business after they had bought from it."""
    shop = town.at(tx)
    review = await shop.rate(bought.person, bought.item, 5)
    await town.businesses(tx).add_member(town.business, bought.person, "agent", (), by=town.owner)
    with pytest.raises(NotYours):
        await shop.approve_review(review.id, 1, bought.person)
    with pytest.raises(IntegrityError, match="not_ones_own"):
        await tx.execute(
            text(
                "UPDATE product_reviews SET status = 'approved', decided_at = now(),"
                " decided_by = user_id"
            )
        )


# -- reading ----------------------------------------------------------------------------


async def test_the_newest_come_first_page_by_page(tx, town, tea, bought) -> None:
    written = [(await approved(tx, town, bought, 5)).id]
    for _ in range(3):
        town.later(hours=1)
        next_ = await brought(tx, town, await town.person(tx), tea)
        written.append((await approved(tx, town, next_, 4)).id)
    first = await town.at(tx).reviews_of(bought.product)
    assert [one.id for one in first.items] == written[:0:-1]
    assert first.has_more
    rest = await town.at(tx).reviews_of(bought.product, first.next_offset)
    assert [one.id for one in rest.items] == written[:1]
    assert not rest.has_more


async def test_helpful_is_one_vote_a_person_and_not_for_ones_own(tx, town, bought) -> None:
    shop = town.at(tx)
    review = await shop.rate(bought.person, bought.item, 5)
    reader = await town.person(tx)
    with pytest.raises(NotFound):
        await shop.found_helpful(reader, review.id)  # not published yet
    await shop.approve_review(review.id, 1, town.owner)
    assert await shop.found_helpful(reader, review.id)
    assert not await shop.found_helpful(reader, review.id)
    with pytest.raises(NotYours):
        await shop.found_helpful(bought.person, review.id)
    assert [one.helpful for one in (await shop.reviews_of(bought.product)).items] == [1]


async def test_the_photos_that_are_shown_are_kept(tx, town, bought) -> None:
    shop = town.at(tx)
    await shop.rate(bought.person, bought.item, 5)
    review = await shop.add_photo(bought.person, bought.item, "aa.jpg")
    assert await shop.review_photos() == ["aa.jpg"]
    await shop.refuse_review(review.id, review.edition, town.owner, "rude")
    assert await shop.review_photos() == []


# -- drift ------------------------------------------------------------------------------


async def test_a_rating_that_drifted_is_found_and_repaired(tx, town, bought) -> None:
    await approved(tx, town, bought, 4)
    assert await town.at(tx).rating_drifts() == []
    await tx.execute(text("UPDATE products SET rating = 5, reviews_count = 7"))
    [drift] = await town.at(tx).repair_ratings()
    assert (drift.reviews_count, drift.counted_reviews) == (7, 1)
    assert (drift.rating, drift.counted_rating) == (Decimal(5), Decimal(4))
    assert await shown(tx, town, bought.product) == ("4.00", 1)
    assert await town.at(tx).repair_ratings() == []


# -- all at once ------------------------------------------------------------------------


async def made(busy_town: Town, connect) -> list[Bought]:
    async with connect() as tx:
        tea = await busy_town.goods(tx, "TEA", left=50)
        people = [await busy_town.person(tx) for _ in range(12)]
        return [await brought(tx, busy_town, person, tea) for person in people]


async def test_reviews_approved_at_once_all_count(busy_town, connect) -> None:
    crowd = await made(busy_town, connect)

    async def write_and_approve(bought: Bought, rating: int) -> None:
        async with connect() as tx:
            review = await busy_town.at(tx).rate(bought.person, bought.item, rating)
        async with connect() as tx:
            await busy_town.at(tx).approve_review(review.id, 1, busy_town.owner)

    await asyncio.gather(*(write_and_approve(one, n % 5 + 1) for n, one in enumerate(crowd)))
    async with connect() as tx:
        assert await shown(tx, busy_town, crowd[0].product) == ("2.75", 12)
        assert await busy_town.at(tx).rating_drifts() == []


async def test_approving_while_its_author_edits_never_publishes_the_unread(
    busy_town, connect
) -> None:
    crowd = await made(busy_town, connect)
    async with connect() as tx:
        for one in crowd:
            await busy_town.at(tx).rate(one.person, one.item, 5)

    async def edit(one: Bought) -> None:
        async with connect() as tx:
            await busy_town.at(tx).add_words(one.person, one.item, "Changed")

    async def approve(one: Bought) -> None:
        async with connect() as tx:
            [line] = await busy_town.at(tx).reviewable(one.person, one.order.id)
        assert line.review is not None
        async with connect() as tx:
            try:
                await busy_town.at(tx).approve_review(line.review.id, 1, busy_town.owner)
            except ReviewChanged:
                return

    await asyncio.gather(*(job(one) for one in crowd for job in (edit, approve)))
    async with connect() as tx:
        assert await shown(tx, busy_town, crowd[0].product) == ("0.00", 0)
        assert await busy_town.at(tx).rating_drifts() == []


async def test_the_same_person_at_once_writes_one_review_and_votes_once(busy_town, connect) -> None:
    crowd = await made(busy_town, connect)
    bought, reader = crowd[0], crowd[1].person

    async def rate(rating: int) -> int:
        async with connect() as tx:
            review: Review = await busy_town.at(tx).rate(bought.person, bought.item, rating)
            return review.id

    assert len(set(await asyncio.gather(*(rate(n % 5 + 1) for n in range(10))))) == 1
    async with connect() as tx:
        [line] = await busy_town.at(tx).reviewable(bought.person, bought.order.id)
        assert line.review is not None
        review = line.review
        await busy_town.at(tx).approve_review(review.id, review.edition, busy_town.owner)

    async def vote() -> bool:
        async with connect() as tx:
            first: bool = await busy_town.at(tx).found_helpful(reader, review.id)
            return first

    assert sum(await asyncio.gather(*(vote() for _ in range(10)))) == 1
