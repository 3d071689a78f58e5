"""What is told between a person and the people of a business, and to its people."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from services.ground.facts import Fact


class SentFile(BaseModel):
    """A file that came with a message: its key in the files port, and what its sender calls it."""

    model_config = ConfigDict(frozen=True)

    key: str
    name: str = ""


class MessageFact(Fact):
    """One message; `words` are the writer's own, kept in `business_messages`."""

    business_id: int
    message_id: int
    words: str


class PersonAsked(MessageFact):
    """Told to a member: a person asks the business something; `files` as in `Files.put`."""

    tag: ClassVar[str] = "business-asked"
    files: tuple[SentFile, ...] = ()


class BusinessAnswered(MessageFact):
    """Told to the person: a member has answered."""

    tag: ClassVar[str] = "business-answered"


class MemberInvited(Fact):
    """Told to somebody who is asked to join; `until` tells one invitation from the next."""

    tag: ClassVar[str] = "business-invited"
    business_id: int
    until: datetime


class InvitationAnswered(Fact):
    """Told to whoever invited: `member_id` has joined, or does not want to."""

    tag: ClassVar[str] = "business-invitation-answered"
    business_id: int
    member_id: int
    accepted: bool
    until: datetime  # of the invitation


class MemberRemoved(Fact):
    """Told to somebody who belongs no more."""

    tag: ClassVar[str] = "business-removed"
    business_id: int
    at: datetime


class BusinessApproved(Fact):
    """Told to the owners: it is listed, and sells."""

    tag: ClassVar[str] = "business-approved"
    business_id: int
    at: datetime


class BusinessRefused(Fact):
    """Told to the owners: it is not listed, and why."""

    tag: ClassVar[str] = "business-refused"
    business_id: int
    at: datetime
    reason: str


class DaySummary(Fact):
    """Told to a member who wants it, every evening: the day of the business."""

    tag: ClassVar[str] = "business-summary"
    business_id: int


FACTS: tuple[type[Fact], ...] = (
    PersonAsked,
    BusinessAnswered,
    MemberInvited,
    InvitationAnswered,
    MemberRemoved,
    BusinessApproved,
    BusinessRefused,
    DaySummary,
)
