"""What a member hears of, and when they hear nothing."""

import re
from typing import ClassVar

from bot.dialog import Choice, Done, Go, Next, NotUnderstood, Reply, Said, Silence, Step, Words
from bot.language import _, button, row
from handlers.chat.business.order import not_permitted
from handlers.chat.shopping.offers import offer
from services import Services
from services.businesses import Member, Quiet
from services.ground.errors import NotFound

_TIME = r"(\d{1,2})(?:[:.](\d\d))?"
_HOURS = re.compile(rf"\D*{_TIME}\D+{_TIME}\D*")
OFTEN = (Quiet(22 * 60, 7 * 60), Quiet(20 * 60, 8 * 60))


class Hearing(Step):
    """Everything there is to hear of: a tap changes it."""

    tag: ClassVar[str] = "business.hearing"
    business_id: int

    async def ask(self, do: Services) -> Words:
        member = await do.businesses.member(do.me.id, self.business_id)
        if member is None:
            return not_permitted()
        rows = [_row(about, label, member) for about, label in _kinds().items()]
        quiet = _("none") if member.quiet is None else shown(member.quiet)
        rows.append(Choice("quiet", row("Quiet hours"), quiet))
        text = _("What shall I tell you of? A tap changes it.")
        return offer(text, rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        choice = said.choice()
        if choice == "quiet":
            return QuietHours(business_id=self.business_id)
        if choice not in _kinds():
            return Silence("strange tap")
        return await _changed(self, choice, do)


def _kinds() -> dict[str, str]:
    return {
        "orders": row("Orders"),
        "tickets": row("Questions"),
        "stock": row("Low stock"),
        "disputes": row("Disputed payments"),
        "reviews": row("New reviews"),
        "summary": row("The day, every evening"),
    }


def _row(about: str, label: str, member: Member) -> Choice:
    says = _("✓ I tell you") if about in member.wants else _("I do not tell you")
    return Choice(about, label, says)


async def _changed(step: Hearing, about: str, do: Services) -> Next:
    member = await do.businesses.member(do.me.id, step.business_id)
    if member is None:
        return Done(not_permitted())
    label = _kinds()[about]
    if about in member.wants:
        wants = [one for one in member.wants if one != about]
        text = _("*{what}*: I tell you no more.").format(what=label)
    else:
        wants = [*member.wants, about]
        text = _("*{what}*: I tell you from now on.").format(what=label)
    await do.businesses.want(step.business_id, do.me.id, wants)
    return Go(step, text)


class QuietHours(Step):
    """From when until when."""

    tag: ClassVar[str] = "business.quiet"
    free_text: ClassVar[bool] = True
    business_id: int

    async def ask(self, do: Services) -> Words:
        text = _(
            "When shall I tell you nothing? What happens then, you hear afterwards. Tap, or type "
            "it like 22:00–7:00."
        )
        choices = [Choice(str(n), shown(quiet)) for n, quiet in enumerate(OFTEN)]
        return Reply(text, (*choices, Choice("none", button("No quiet hours"))))

    async def answer(self, said: Said, do: Services) -> Next:
        quiet = _meant(said)
        try:
            await do.businesses.keep_quiet(self.business_id, do.me.id, quiet)
        except NotFound:
            return Done(not_permitted())
        if quiet is None:
            text = _("Good, no quiet hours.")
        else:
            text = _("Good: nothing between {hours}.").format(hours=shown(quiet))
        return Go(Hearing(business_id=self.business_id), text)


def _meant(said: Said) -> Quiet | None:
    if said.tapped is None and (typed := _HOURS.fullmatch(said.text)):
        return _typed(*(int(part or 0) for part in typed.groups()))
    choice = said.choice()
    offered = {"none": None} | {str(n): quiet for n, quiet in enumerate(OFTEN)}
    if choice not in offered:
        raise NotUnderstood(_("Please type two times of the day, like 22:00–7:00."))
    return offered[choice]


def _typed(hour: int, minute: int, until_hour: int, until_minute: int) -> Quiet:
    start, end = hour * 60 + minute, until_hour * 60 + until_minute
    if max(hour, until_hour) > 23 or max(minute, until_minute) > 59 or start == end:
        raise NotUnderstood(_("Please type two times of the day, like 22:00–7:00."))
    return Quiet(start, end)


def shown(quiet: Quiet) -> str:
    return "–".join(f"{at // 60:02}:{at % 60:02}" for at in (quiet.start, quiet.end))


STEPS: list[type[Step]] = [Hearing, QuietHours]
