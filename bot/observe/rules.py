"""Why something was not answered or not sent, in a sentence: the rule behind each reason."""

from collections.abc import Mapping

ONCE = "kept once: another with this id on this number changes nothing"

_REASONS: Mapping[str, str] = {
    "unknown number": "it came to a number that is not set up here",
    "nobody": "it says of nobody whom we could answer",
    "sender": "it says of nobody whom we could answer",
    "shape": "this release does not know its shape",
    "not storable": "the database cannot hold it; what could be kept of it is",
    "number changed": "it tells of a new number: the person's identity moved there",
    "nothing to say": "the notice of this fact had no words, and no step waited for it",
    "too many": "they wrote faster than people do, were told so once, and are heard when it calms",
    "taken back": "they took it back while it waited",
    "double tap": "the same button again within 10 seconds counts once",
    "window closed": "they wrote last more than 24 hours before, and the bubble has no template",
}
_STATES: Mapping[str, str] = {
    "unknown": "sent or not, nobody knows: its status will tell, or it is sent again later",
    "parked": "it failed as often as a turn is tried",
}


def rule(reason: str | None, state: str) -> str | None:
    """The sentence behind a reason or a state; None where they speak for themselves."""
    return _REASONS.get((reason or "").partition("; ")[0]) or _STATES.get(state)
