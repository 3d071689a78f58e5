"""How a return is said: what comes back, for what, why, and how far it is."""

from bot.language import _, money
from handlers.chat.shopping.words import named
from services.shopping import Return, ReturnStatus


def goods(return_: Return) -> str:
    """What comes back: "1 × Kitenge shirt, Red M"."""
    return f"{return_.quantity} × {named(return_.name, return_.title)}"


def others(return_: Return) -> str:
    """What it is exchanged for."""
    return f"{return_.quantity} × {named(return_.name, return_.new_title or '')}"


def line(return_: Return) -> str:
    """All of it in one line."""
    text = _("Return *{label}*: {goods}, for its money. {status}.")
    if return_.is_exchange:
        text = _("Return *{label}*: {goods}, for {others}. {status}.")
    return text.format(
        label=return_.label, goods=goods(return_), others=others(return_), status=status(return_)
    )


def status(return_: Return) -> str:
    """How far it is, in a few words."""
    if return_.status is ReturnStatus.REFUNDED and return_.amount is not None:
        return _("Came back, *{amount}* given back").format(amount=money(return_.amount))
    if return_.status is ReturnStatus.DECLINED and return_.why is not None:
        return _("Declined: {reason}").format(reason=reason(return_.why))
    return {
        ReturnStatus.ASKED: _("The shop has to say"),
        ReturnStatus.ACCEPTED: _("The shop waits for it"),
        ReturnStatus.DECLINED: _("Declined"),
        ReturnStatus.CANCELLED: _("Called off"),
        ReturnStatus.RECEIVED: _("It is back with the shop"),
        ReturnStatus.REFUNDED: _("Came back"),
        ReturnStatus.EXCHANGED: _("Came back, the other one was sent"),
    }[return_.status]


def reason(code: str) -> str:
    """The words of a reason that was tapped; what was written is said as it was written."""
    known = {
        "damaged": _("it is damaged"),
        "size": _("it does not fit"),
        "other": _("it is not what was ordered"),
        "used": _("it was used"),
        "not_ours": _("it is not what we sold"),
        "never_came": _("it never came"),
    }
    return known.get(code, code.rstrip("."))
