"""Reviews as the business sees them: one at a time, published or refused with a reason."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Next,
    Notice,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Template,
    Words,
)
from bot.language import _, button
from handlers.chat.names import first_name
from handlers.chat.shopping.reviews import photo
from handlers.chat.shopping.words import star_line
from handlers.chat.taps import two_numbers_of
from services import Services
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.shopping import NotYours, Review, ReviewChanged, ReviewStatus
from services.shopping.facts import ReviewWritten

LONGEST_REASON = 200  # characters


async def written(fact: ReviewWritten, do: Services) -> Words:
    """To a member: somebody has said what they think."""
    try:
        review = await do.shopping.review(fact.review_id, fact.user_id)
    except NotFound:
        return ""
    return _waiting(review) if review.status is ReviewStatus.PENDING else ""


def _waiting(review: Review) -> Reply:
    """A review with what can be done about it; the buttons are for this edition of it."""
    text = _("*{name}* rates *{product}*: {stars}").format(
        name=_author(review), product=review.product, stars=star_line(review.rating)
    )
    words = text.replace("*", "")
    if review.content:
        text = f"{text}\n{review.content}"
        words = f"{words} {review.content}"
    choices = (
        Choice.act("review-approve", _edition(review), button("Publish")),
        Choice.act("review-refuse", _edition(review), button("Refuse")),
    )
    template = Template("review_new", (" ".join(words.split()),))
    return Reply(text, choices, image=photo(review), template=template)


def _author(review: Review) -> str:
    return first_name(review.author) if review.author else _("A customer")


def _edition(review: Review) -> str:
    return f"{review.id}.{review.edition}"


async def oldest(business_id: int, do: Services) -> Reply | None:
    """The review that has waited longest."""
    page = await do.shopping.pending_reviews(do.me.id, business_id)
    return _waiting(page.items[0]) if page.items else None


async def approve(argument: str, do: Services) -> Next:
    review_id, edition = two_numbers_of(argument)
    try:
        review = await do.shopping.approve_review(review_id, edition, do.me.id)
    except NotFound:
        return Again(unknown())
    except (NotYours, ReviewChanged) as error:
        return _otherwise(error)
    if review.status is ReviewStatus.REFUSED:
        return Again(await _decision(review, do), quietly=True)
    text = _("Published. It counts into the rating now.")
    return Again(await _with_next(review, text, do), quietly=True)


async def refuse(argument: str, do: Services) -> Next:
    review_id, edition = two_numbers_of(argument)
    try:
        review = await do.shopping.review(review_id, do.me.id)
        await do.businesses.require_member(do.me.id, review.business_id)
    except NotFound:
        return Again(unknown())
    if review.edition != edition:
        return _otherwise(ReviewChanged(review))
    if review.status is not ReviewStatus.PENDING:
        return Again(await _decision(review, do), quietly=True)
    return RefuseReview(review_id=review_id, edition=edition)


class RefuseReview(Step):
    """Why it is not published."""

    tag: ClassVar[str] = "business.review-refuse"
    free_text: ClassVar[bool] = True
    review_id: int
    edition: int

    async def ask(self, do: Services) -> Words:
        review = await do.shopping.review(self.review_id, do.me.id)
        text = _("Why should it not be published? {name} reads it. Tap, or write it.")
        choices = (
            Choice("rude", button("It is rude")),
            Choice("elsewhere", button("Not about the goods")),
            Choice("keep", button("Do not refuse it")),
        )
        return Reply(text.format(name=_author(review)), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            reason = said.choice()
        except NotUnderstood:
            reason = said.words(LONGEST_REASON)
        if reason == "keep":
            return Done(_waiting(await do.shopping.review(self.review_id, do.me.id)))
        try:
            review = await do.shopping.refuse_review(self.review_id, self.edition, do.me.id, reason)
        except NotFound:
            return Done(unknown())
        except (NotYours, ReviewChanged) as error:
            return Done(_otherwise(error).say)
        if review.status is ReviewStatus.APPROVED or review.decided_by != do.me.id:
            return Done(await _decision(review, do))
        return Done(await _with_next(review, _("Refused. {name} reads why."), do))


def _otherwise(error: NotYours | ReviewChanged) -> Again:
    if isinstance(error, NotYours):
        return Again(_("Your own review is for somebody else to decide."), quietly=True)
    text = _("It was changed meanwhile. This is how it reads now:")
    shown = _waiting(error.review) if error.review.status is ReviewStatus.PENDING else ""
    return Again((text, shown), quietly=True)


async def _with_next(review: Review, text: str, do: Services) -> Words:
    """What was done, and the next review that waits."""
    said = text.format(name=_author(review))
    following = await oldest(review.business_id, do)
    return said if following is None else (said, following)


async def _decision(review: Review, do: Services) -> str:
    """How it was decided, by whom."""
    name = await do.people.name(review.decided_by or 0) or _("Somebody of your business")
    if review.status is ReviewStatus.APPROVED:
        return _("{name} has published that review already.").format(name=name)
    return _("{name} has refused that review already.").format(name=name)


def unknown() -> str:
    return _("I find no such review of your business.")


NOTICES: dict[type[Fact], Notice] = {ReviewWritten: written}
ACTIONS: dict[str, Action] = {"review-approve": approve, "review-refuse": refuse}
STEPS: list[type[Step]] = [RefuseReview]
