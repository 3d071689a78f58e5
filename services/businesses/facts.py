"""What is told between a person and the people of a business."""

from typing import ClassVar

from services.ground.facts import Fact


class MessageFact(Fact):
    """One message; `words` are the writer's own, kept in `business_messages`."""

    business_id: int
    message_id: int
    words: str


class PersonAsked(MessageFact):
    """Told to a member: a person asks the business something."""

    tag: ClassVar[str] = "business-asked"


class BusinessAnswered(MessageFact):
    """Told to the person: a member has answered."""

    tag: ClassVar[str] = "business-answered"


FACTS: tuple[type[Fact], ...] = (PersonAsked, BusinessAnswered)
