"""`bot shadow`: the last recorded conversations on the present code, before it goes live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from bot.commands.replay import difference, plain
from bot.replay import recordings
from bot.replay.compared import Compared, Trial

NAMED = 8  # turns of a group that are named


@dataclass(slots=True)
class Shadow:
    """What became of the turns of so many conversations."""

    conversations: int = 0
    turns: list[Compared] = field(default_factory=list)

    @property
    def differing(self) -> list[Compared]:
        return [one for one in self.turns if one.differs]

    @property
    def unreadable(self) -> list[Compared]:
        return [one for one in self.turns if one.problem is not None]

    @property
    def asked_new(self) -> list[Compared]:
        return [one for one in self.turns if one.new]

    @property
    def is_empty(self) -> bool:
        """Whether not a single turn was tried."""
        return len(self.unreadable) == len(self.turns)


async def shadowed(trial: Trial, last: int, service: str | None) -> Shadow:
    """Every turn of the newest conversations, taken again."""
    found = Shadow()
    async with trial.database.pool.acquire() as db:
        for ids in await recordings.last_conversations(db, last, service):
            kept = await recordings.find(db, ids)
            found.turns += [await trial.recorded(kept[id_]) for id_ in ids if id_ in kept]
            found.conversations += 1
    return found


def as_json(found: Shadow, with_words: bool) -> str:
    told = {
        "conversations": found.conversations,
        "turns": len(found.turns),
        "differing": [plain(one, with_words) for one in found.differing],
        "asked_new": [one.inbox_id for one in found.asked_new],
        "unreadable": [one.inbox_id for one in found.unreadable],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def as_text(found: Shadow, with_words: bool) -> str:
    """The differences of one kind are told once, with the first turn's words."""
    groups: dict[object, list[Compared]] = {}
    for one in found.differing:
        kind = (one.step_before, *((each.about, each.how) for each in one.differences))
        groups.setdefault(kind, []).append(one)
    told = ["\n".join(_group(alike, with_words)) for alike in groups.values()]
    return "\n\n".join([*told, "\n".join(_summary(found))])


def _group(alike: Sequence[Compared], with_words: bool) -> Iterator[str]:
    first = alike[0]
    names = ", ".join(f"in:{one.inbox_id}" for one in alike[:NAMED])
    more = f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    step = first.step_before or "first contact"
    yield f"at {step}, {_counted(len(alike), 'turn')}: {names}{more}"
    for each in first.differences:
        yield from difference(each, with_words)
    if any(one.new for one in alike):
        yield "  (asked the database something new: what it answered is of today)"


def _summary(found: Shadow) -> Iterator[str]:
    tried = len(found.turns) - len(found.unreadable)
    yield (
        f"{_counted(found.conversations, 'conversation')}, {_counted(tried, 'turn')}:"
        f" {tried - len(found.differing)} the same, {len(found.differing)} different."
    )
    if found.asked_new:
        yield (
            f"{_counted(len(found.asked_new), 'turn')} asked the database something that is not"
            " in the recording; there the data of today answered."
        )
    if found.unreadable:
        yield f"{_counted(len(found.unreadable), 'recording')} of another release: not tried."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
