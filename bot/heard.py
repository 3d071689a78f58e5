"""What waits for one person, put in order for its turns.

What was taken back is gone, what was edited reads as it does now, and what belongs together
is one thing said. Only for messages that wait together: one that waits alone is left as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from bot.dialog import Dialog, Said, Session
from bot.dialog.burst import gather
from bot.inbox import Waiting
from services.ground.facts import Fact

Read = Callable[[Waiting], Said | None]
"""What a message says; None for a fact, and for what cannot be read."""

_REWORDED = frozenset({"text", "image", "video", "document"})  # words and captions can be edited


@dataclass(frozen=True, slots=True)
class Run:
    """Messages that one turn answers. The answer belongs to `message`, the last of them; a
    failure to `first`, so that what is tried again is tried from there, one by one."""

    message: Waiting
    first: Waiting
    said: Said | None  # None: a fact, or a message that cannot be read
    beside: tuple[tuple[Waiting, str], ...]  # closed with it, and why
    count: int  # messages somebody sent


@dataclass(slots=True)
class _Entry:
    message: Waiting
    said: Said | None
    edits: tuple[Waiting, ...] = ()


Gone = list[tuple[Waiting, str]]


def arrange(messages: Sequence[Waiting], read: Read) -> tuple[list[_Entry], Gone]:
    """What is to be answered, oldest first, and what need not be any more, with the reason."""
    entries: list[_Entry] = []
    gone: Gone = []
    for message in messages:
        said = read(message)
        about = _about(entries, message, said)
        if said is None or about is None:
            entries.append(_Entry(message, said))
        elif said.kind == "revoke":
            entries.remove(about)
            gone += [(each, "taken back") for each in (about.message, *about.edits)]
            gone.append((message, took_effect(about.message)))
        elif about.said is not None:
            about.said = replace(about.said, text=said.text)
            about.edits += (message,)
    return entries, gone


def _about(entries: Sequence[_Entry], message: Waiting, said: Said | None) -> _Entry | None:
    """The waiting message that an edit or a removal is about."""
    if said is None or said.kind not in ("edit", "revoke") or not said.reply_to:
        return None
    if said.kind == "edit" and not said.text.strip():
        return None
    for entry in entries:
        same = entry.message.provider_id == said.reply_to
        if same and entry.message.channel_id == message.channel_id and _can(entry, said.kind):
            return entry
    return None


def _can(entry: _Entry, kind: str) -> bool:
    if kind == "revoke":
        return True
    said = entry.said
    return said is not None and said.kind in _REWORDED and said.tapped is None


def took_effect(message: Waiting) -> str:
    return f"took effect (in:{message.id})"


def part_of(message: Waiting) -> str:
    return f"part of a burst (in:{message.id})"


def next_run(dialog: Dialog, session: Session | None, waiting: list[_Entry]) -> Run:
    """What is answered next; taken out of `waiting`."""
    pieces: list[Said] = []
    for entry in waiting:
        if not _joins(entry, waiting[0]):
            break
        assert entry.said is not None
        pieces.append(entry.said)
    said, count = gather(dialog, session, pieces) if len(pieces) > 1 else (waiting[0].said, 1)
    taken, waiting[:] = waiting[:count], waiting[count:]
    *before, last = taken
    beside = [(entry.message, part_of(last.message)) for entry in before]
    beside += [(edit, took_effect(entry.message)) for entry in taken for edit in entry.edits]
    return Run(last.message, taken[0].message, said, tuple(beside), count)


def alone(message: Waiting, said: Said | None = None) -> Run:
    """A message that is answered by itself; `said`, where more went into it than its own words."""
    return Run(message, message, said, (), 1)


def kept(run: Run, said: Said | Fact | None) -> dict[str, Any] | None:
    """What was said, for a recording; None where the message itself says all of it."""
    if not isinstance(said, Said) or not (run.beside or said.is_about_last):
        return None
    written: dict[str, Any] = _SAID.dump_python(said, mode="json")
    return written


def said_again(written: Mapping[str, Any] | None) -> Said | None:
    return None if written is None else _SAID.validate_python(written)


_SAID = TypeAdapter(Said)


def _joins(entry: _Entry, first: _Entry) -> bool:
    """What has failed before is tried by itself, so that its neighbours are answered."""
    message = entry.message
    return (
        entry.said is not None
        and message.channel_id == first.message.channel_id
        and message.due
        and message.attempts == 0
    )
