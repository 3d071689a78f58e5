"""`bot replay`: turns taken again, and what would be said otherwise now. Nothing is written."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from difflib import ndiff
from typing import Any

import orjson

from bot.observe import story
from bot.replay import recordings
from bot.replay.compared import Compared, Trial
from bot.replay.difference import Difference


async def replayed(trial: Trial, what: str, last: int) -> list[Compared]:
    """The turns that `what` names, as `explain` finds them; empty when nothing is known."""
    async with trial.database.pool.acquire() as db:
        stories, _ = await story.find(db, what, last)
        kept = await recordings.find(db, [told.id for told in stories])
        return [
            await (trial.recorded(kept[told.id]) if told.id in kept else trial.told(db, told))
            for told in stories
        ]


# -- for programs -------------------------------------------------------------------------


def as_json(compared: Sequence[Compared], with_words: bool) -> str:
    told = [plain(one, with_words) for one in compared]
    return orjson.dumps({"turns": told}, option=orjson.OPT_INDENT_2).decode()


def plain(one: Compared, with_words: bool) -> dict[str, Any]:
    kept = asdict(one) | {"differs": one.differs}
    if not with_words:
        kept["differences"] = [
            {"about": each["about"], "how": each["how"]} for each in kept["differences"]
        ]
    return kept


# -- for people ---------------------------------------------------------------------------


def as_text(compared: Sequence[Compared], with_words: bool) -> str:
    return "\n\n".join("\n".join(_lines(one, with_words)) for one in compared)


def _lines(one: Compared, with_words: bool) -> Iterator[str]:
    person = f"person {one.user_id}" if one.user_id is not None else "nobody"
    yield f"in:{one.inbox_id}  of {person}, at {one.step_before or 'first contact'}"
    if one.problem is not None:
        yield f"  cannot be taken again: {one.problem}"
        return
    if one.note is not None:
        yield f"  {one.note}"
    yield "  differs:" if one.differs else "  the same as then"
    for each in one.differences:
        yield from difference(each, with_words)
    if one.new:
        yield f"  {one.new} new {_statements(one.new)} answered by the data of today"
    if one.unasked:
        yield f"  {one.unasked} {_statements(one.unasked)} of then not asked any more"


def _statements(count: int) -> str:
    return "statement" if count == 1 else "statements"


def difference(one: Difference, with_words: bool) -> Iterator[str]:
    yield f"    {one.about:<9} {one.how}"
    if with_words:
        changed = ndiff(list(one.then), list(one.now))
        yield from (f"      {line.rstrip()}" for line in changed if not line.startswith("?"))
