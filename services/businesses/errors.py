"""What can stand in the way of running a business; each docstring is the message."""

from services.ground.errors import NotFound


class NotPermitted(Exception):
    """Somebody of this role may not do that."""


class LastOwner(Exception):
    """A business keeps at least one owner."""


class AlreadyMember(Exception):
    """This person belongs to the business."""


class NotInvited(NotFound):
    """There is no such invitation, or not any more."""


class TooManyInvited(Exception):
    """So many have not answered yet that nobody else is asked."""


class TooManyShops(Exception):
    """Nobody opens more shops while so many of theirs are not approved."""


class NothingToDecide(Exception):
    """Nobody has handed in papers for this business, or it stands like that already."""


class TooManyPapers(Exception):
    """More papers are not taken."""
