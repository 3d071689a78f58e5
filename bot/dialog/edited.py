"""An edited message: where it may still count as it reads now."""

from dataclasses import replace

from bot.dialog.said import Said
from bot.dialog.session import Session


def reconsidered(session: Session, said: Said) -> Session | None:
    """Where the new words of an edit are answered, as though they had been said at first.

    Only of the last thing said, and only where nothing happened but that it was read: it was
    not understood, or it was words typed where any words would do. None for all others: what
    was held, paid or put into a cart is not done twice.
    """
    if said.kind != "edit" or not said.is_about_last or not said.text.strip():
        return None
    if session.misses:
        return session
    if not session.moved or not session.behind or not session.behind[-1].free_text:
        return None
    *behind, step = session.behind
    return replace(
        session, step=step, behind=tuple(behind), entered=session.asked + 1, offered=(), beside=()
    )
