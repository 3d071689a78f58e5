"""A file of products that a member sends: taken after the turn, and what came of it is told."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import ClassVar

from bot.dialog import Again, Choice, Done, Media, Next, Notice, Reply, Said, Silence, Step, Words
from bot.language import _, button, ngettext
from handlers.chat.business.order import not_permitted
from handlers.chat.shopping.offers import chosen, offer
from handlers.documents import products as words
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed
from services.ground.people import Person
from services.shopping.facts import ProductsImported
from services.shopping.sheets import BadFile, Problem

ENDINGS = (".csv", ".xlsx", ".txt")
ROWS = 10


def wants(said: Said, me: Person) -> bool:
    """Whether somebody sends products: fetched whatever they were asked."""
    files = said.files
    return (
        me.is_member
        and said.kind == "document"
        and len(files) == 1
        and PurePath(files[0].filename.casefold()).suffix in ENDINGS
    )


async def received(said: Said, do: Services) -> Next:
    """Products came in a file."""
    file_id = said.files[0].file_id
    mine = await do.businesses.business_of(do.me.id)
    if not mine or not file_id:
        return Silence("a file of nobody's products")
    only = mine[0].id if len(mine) == 1 else None
    try:
        await do.shopping.expect_file(do.me.id, file_id, do.me.language, only)
    except NotPermitted:
        return Again(not_permitted(), quietly=True)
    if only is None:
        return WhoseProducts(file_id=file_id)
    return Again(_reading(), quietly=True)


def _reading() -> str:
    return _("Thank you. I take these products into your shop, and tell you when they are in.")


class WhoseProducts(Step):
    """Which business a file of products is for."""

    tag: ClassVar[str] = "business.import"
    file_id: int

    async def ask(self, do: Services) -> Words:
        mine = await do.businesses.business_of(do.me.id)
        rows = [Choice(f"import:{one.id}", one.name) for one in mine[:ROWS]]
        return offer(_("Which business are these products of?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        _what, business_id = chosen(said)
        try:
            await do.shopping.say_whose(do.me.id, self.file_id, business_id)
        except NotFound:
            return Done(_("You do not belong to a business here."))
        except NotPermitted:
            return Done(not_permitted())
        return Done(_reading())


async def came(fact: FileCame, do: Services) -> Words:
    await do.shopping.file_came(fact.user_id, fact.file_id, fact.file_key)
    return ""


async def failed(fact: FileFailed, do: Services) -> Words:
    if not await do.shopping.file_failed(fact.user_id, fact.file_id):
        return ""
    match fact.why:
        case "too large":
            return _("That file is too large for me. Please split it.")
        case "type":
            return _("I cannot read that file. Please save it as “CSV UTF-8”, or as .xlsx.")
    return _("I could not get your file from WhatsApp. Please send it once more.")


async def imported(fact: ProductsImported, do: Services) -> Words:
    """What became of the file."""
    taken = fact.added + fact.changed + fact.unchanged
    lines = [
        ngettext("{count} product is in your shop.", "{count} products are in your shop.", taken)
        .format(count=taken),
        _("{added} new, {changed} changed, {unchanged} as before.").format(
            added=fact.added, changed=fact.changed, unchanged=fact.unchanged
        ),
    ]  # fmt: skip
    if fact.ended is not None:
        why, given, line = fact.ended
        said = words.ended(BadFile(why, given, line))
        lines = [said, *lines] if taken or fact.refused else [said]
    if fact.refused:
        lines += ["", *_problems(fact)]
    report = "\n".join(lines)
    if fact.report_key is None:
        return report
    name = _("Lines to mend")
    return (report, Reply("", document=Media(f"/files/{fact.report_key}", f"{name}.xlsx")))


def _problems(fact: ProductsImported) -> list[str]:
    head = ngettext("I left out {count} line:", "I left out {count} lines:", fact.refused).format(
        count=fact.refused
    )
    said = [
        _("Line {line}, {sku}: {problem}.").format(
            line=line, sku=sku or "–", problem=words.problem(Problem(line, sku, *rest))
        )
        for line, sku, *rest in fact.first
    ]
    left = fact.refused - len(fact.first)
    more = [_("All of them are in the document below.")] if left else []
    return [head, *said, *more]


NOTICES: Mapping[type[Fact], Notice] = {
    FileCame: came,
    FileFailed: failed,
    ProductsImported: imported,
}
STEPS: list[type[Step]] = [WhoseProducts]
