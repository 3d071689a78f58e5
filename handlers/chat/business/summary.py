"""How a business's day was: said in the evening to who wants it, and whenever it is asked for."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.dialog import Action, Again, Choice, Next, Notice, Reply, Said, Template, Words
from bot.language import _, button, in_every_language, money, ngettext, when
from handlers.chat.business import desk
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping.words import named
from handlers.chat.taps import two_numbers_of
from services import Services
from services.businesses import DAILY, SUMMARY_HOUR, Business, Member
from services.businesses.facts import DaySummary
from services.ground.facts import Fact
from services.shopping import Evening

AT_LEAST = timedelta(hours=12)  # a summary looks back, also where it comes some hours late
MOST = 5  # businesses of one member that are summed up at once
_SUMMARY = phrases(in_every_language("summary, daily summary, how was the day"))


async def evening(fact: DaySummary, do: Services) -> Words:
    """To a member who wants it; a day on which nothing was is not talked about."""
    member = await do.businesses.member(fact.user_id, fact.business_id)
    if member is None or DAILY not in member.wants:
        return ""
    business = await do.businesses.get(fact.business_id)
    since = _evening_before(business, do.now)
    seen = await do.shopping.evening(member.user_id, business.id, since)
    return "" if seen.is_quiet else await _told(seen, since, member, business, do)


async def by_words(said: Said, do: Services) -> Next | None:
    """*summary*, typed by a member."""
    if plain(said.text) not in _SUMMARY:
        return None
    told = [await _so_far(one, do) for one in (await do.businesses.business_of(do.me.id))[:MOST]]
    return Again(tuple(told), quietly=True) if told else None


async def _so_far(business: Business, do: Services) -> Reply:
    member = await do.businesses.require_member(do.me.id, business.id)
    since = _evening_before(business, do.now)
    seen = await do.shopping.evening(do.me.id, business.id, since)
    return await _told(seen, since, member, business, do)


def _evening_before(business: Business, now: datetime) -> datetime:
    """Since then: an order of the night belongs to a summary as well."""
    here = (now - AT_LEAST).astimezone(ZoneInfo(business.time_zone))
    day = here.date() if here.hour >= SUMMARY_HOUR else here.date() - timedelta(days=1)
    return datetime(day.year, day.month, day.day, SUMMARY_HOUR, tzinfo=here.tzinfo)


async def _told(
    seen: Evening, since: datetime, member: Member, business: Business, do: Services
) -> Reply:
    at = when(since, business.time_zone, do.now)
    carts = desk.carts_left(await do.shopping.carts_waiting(member.user_id, business.id))
    lines = [line for line in (*_lines(seen), carts) if line]
    head = _("*{business}* since {when}:").format(business=business.name, when=at)
    choices = (Choice.act("my-business", "", button("My business")), _switch(member))
    template = Template("day_summary", (business.name, at, "; ".join(lines) + "."))
    return Reply("\n".join((head, *lines)), choices, template=template)


def _lines(seen: Evening) -> tuple[str, ...]:
    """What came, and what waits; nothing of what there is none of."""
    day = seen.day
    came = ngettext(
        "{count} order, takings {amount}", "{count} orders, takings {amount}", day.ordered
    ).format(count=day.ordered, amount=money(day.takings))
    send = ngettext(
        "{count} order waits to be sent", "{count} orders wait to be sent", day.to_do
    ).format(count=day.to_do)
    look = ngettext(
        "{count} photo of a transfer waits for your word",
        "{count} photos of transfers wait for your word",
        seen.transfers,
    ).format(count=seen.transfers)
    read = ngettext(
        "{count} review waits for your word", "{count} reviews wait for your word", seen.reviews
    ).format(count=seen.reviews)
    waiting = ((send, day.to_do), (look, seen.transfers), (read, seen.reviews))
    return (came, *(line for line, count in waiting if count), _low(seen))


def _low(seen: Evening) -> str:
    if not seen.low:
        return ""
    names = " · ".join(f"{named(one.name, one.title)} ({one.left})" for one in seen.low)
    return _("Running low: {names}").format(names=names)


def _switch(member: Member) -> Choice:
    if DAILY in member.wants:
        return Choice.act("summary", f"{member.business_id}.0", button("Not every evening"))
    return Choice.act("summary", f"{member.business_id}.1", button("Every evening"))


async def switched(argument: str, do: Services) -> Next:
    """Every evening from now on, or no more."""
    business_id, on = two_numbers_of(argument)
    member = await do.businesses.member(do.me.id, business_id)
    if member is None:
        return await desk.enter(do)
    others = [one for one in member.wants if one != DAILY]
    await do.businesses.want(business_id, do.me.id, [*others, DAILY] if on else others)
    if on:
        text = _("Good: I tell you every evening at {hour}:00 how the day was.")
        return Again(text.format(hour=SUMMARY_HOUR), quietly=True)
    return Again(_("Good: no more every evening. Type *summary* to see one."), quietly=True)


def is_phrase(words: str) -> bool:
    return plain(words) in _SUMMARY


NOTICES: dict[type[Fact], Notice] = {DaySummary: evening}
ACTIONS: dict[str, Action] = {"summary": switched}
SHORTCUTS = (by_words,)
