"""Several messages of one person that wait together: how many of them are one thing said.

Nobody is made to wait for it: only what lay together already is answered together.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

from bot.dialog.dialog import Dialog
from bot.dialog.said import Said, named
from bot.dialog.session import Session
from bot.dialog.step import Step

ALBUM = frozenset({"image", "video"})
_REMARKED = ALBUM | {"audio", "voice", "document", "sticker", "contacts", "location"}
"""Kinds that get one remark, however many come, where the step has no use for them."""


def gather(dialog: Dialog, session: Session | None, waiting: Sequence[Said]) -> tuple[Said, int]:
    """The first thing said in `waiting`, oldest first, and of how many messages it is made.

    A stranger's first words are met alone: a greeting is the answer to them.
    """
    first, *after = waiting
    joins = _joins(dialog, session, first)
    run = (first, *takewhile(joins, after))
    if len(run) == 1:
        return first, 1
    step = session.step if session else dialog.home
    if first.kind not in {"text", *step.takes}:
        return _captioned(run), len(run)
    return (_joined(step, run) if session else first), len(run)


Joins = Callable[[Said], bool]


def _joins(dialog: Dialog, session: Session | None, first: Said) -> Joins:
    """Which of the messages right behind `first` belong to it."""
    if first.tapped is not None:
        return _none
    step = session.step if session else dialog.home
    if first.kind != "text" and first.kind not in step.takes:
        return _alike(first)
    if session and step.gathers != "each" and _is_loose(dialog, session, first):
        return lambda said: _is_loose(dialog, session, said)
    return _none if _is_whole(dialog, step, first) else _repeated(first)


def _none(_said: Said) -> bool:
    return False


def _alike(first: Said) -> Joins:
    """Things that get the same remark."""
    if first.kind not in _REMARKED:
        return _none
    kinds = ALBUM if first.kind in ALBUM else {first.kind}
    return lambda said: said.kind in kinds


def _captioned(run: Sequence[Said]) -> Said:
    """Files of no use, with what is written under any of them."""
    captions = [said.text.strip() for said in run if said.files and said.text.strip()]
    return replace(run[0], text="\n".join(captions)) if captions else run[0]


def _repeated(first: Said) -> Joins:
    """The same words once more: sent twice, meant once."""
    words = first.text.strip()
    if first.kind != "text" or not words:
        return _none
    return lambda said: said.kind == "text" and not said.tapped and said.text.strip() == words


def _is_whole(dialog: Dialog, step: Step, said: Said) -> bool:
    """Words that say something by themselves, whatever stands beside them."""
    if said.kind != "text":
        return False
    if step.takes_commands and dialog.commands(said.text):
        return True
    return not step.free_text and dialog.is_phrase(said.text)


def _is_loose(dialog: Dialog, session: Session, said: Said) -> bool:
    """A piece of what somebody is saying: no tap, no command, no choice that was offered."""
    step = session.step
    if said.tapped is not None or said.kind not in {"text", *step.takes}:
        return False
    if _is_whole(dialog, step, said):
        return False
    if said.kind != "text" or step.free_text:
        return True
    return not any(named(said.text, offer) for offer in (session.beside, session.offered))


def _joined(step: Step, run: Sequence[Said]) -> Said:
    """One thing said: its words after one another, its files side by side."""
    last = run[-1]
    if step.gathers != "together":
        return last
    texts = [said.text.strip() for said in run if said.text.strip()]
    files = [each for said in run for each in said.files]
    bearer = next((said for said in run if said.kind != "text"), last)
    return replace(
        bearer,
        text=step.together(texts) if texts else "",
        attachment=files[0] if files else bearer.attachment,
        more=tuple(files[1:]),
        sent_at=last.sent_at,
    )
