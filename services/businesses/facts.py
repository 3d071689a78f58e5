"""What is told between a person and the people of a business."""

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


FACTS: tuple[type[Fact], ...] = (PersonAsked, BusinessAnswered)
