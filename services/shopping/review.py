"""Reviews as other rooms see them: frozen pictures of rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReviewStatus(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    PENDING = "pending"  # nobody but its author and the business sees it
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Review:
    """What one person says of one thing they bought. `edition` counts up with every change."""

    id: int
    order_item_id: int
    product_id: int
    product: str  # its name today
    business_id: int
    user_id: int
    author: str | None  # their name, if they told it
    rating: int  # 1 to 5
    content: str | None
    photo: str | None  # a key of the files port
    edition: int
    status: ReviewStatus
    reason: str | None  # why it was refused
    decided_by: int | None
    written_at: datetime
    helpful: int  # how many people found it so


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A line that was delivered, with what its buyer said of it so far."""

    order_id: int
    order_item_id: int
    product_id: int
    name: str
    title: str  # of the variant
    review: Review | None
