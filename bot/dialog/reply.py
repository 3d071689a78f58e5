"""What is said to a person: bubbles, before any channel has rendered them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson
from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap. `id` says what it means; a step's own choices get the step's
    tag put before it when they are asked, an action's (`Choice.act`) already have one."""

    id: str
    label: str
    description: str = ""

    @classmethod
    def act(cls, tag: str, argument: object, label: str) -> "Choice":
        """A button that works from anywhere, for good: `tag` names an action of the dialog."""
        return cls(f"!{tag}:{argument}", label)


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or document to show: by public address, or a file kept in the files port."""

    url: str  # a path ("/pictures/…") is one of ours
    filename: str = ""

    def at(self, public_address: str) -> "Media":
        """With our own public address before a path of ours."""
        return replace(self, url=public_address + self.url) if self.url.startswith("/") else self


@dataclass(frozen=True, slots=True)
class Link:
    """A web address with a label to tap."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template that says the same when the 24-hour window is closed."""

    name: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One bubble. The channel turns choices into buttons, a list, or numbered text."""

    text: str
    choices: tuple[Choice, ...] = ()
    list_label: str = ""  # what opens the list when there are more than three choices
    image: Media | None = None
    document: Media | None = None
    link: Link | None = None
    footer: str = ""
    asks_place: bool = False  # shows the "send location" button where there is one
    template: Template | None = None  # without one, a closed window means it is not sent

    def at(self, public_address: str) -> "Reply":
        """As somebody outside can fetch its media."""
        if self.image is None and self.document is None:
            return self
        return replace(
            self,
            image=self.image and self.image.at(public_address),
            document=self.document and self.document.at(public_address),
        )

    def offering(self, choices: tuple[Choice, ...]) -> "Reply":
        """With other choices."""
        return Reply(  # a third of what replace() takes, on the way of every message
            self.text,
            choices,
            self.list_label,
            self.image,
            self.document,
            self.link,
            self.footer,
            self.asks_place,
            self.template,
        )

    def json(self) -> bytes:
        return orjson.dumps(self)


_ADAPTER = TypeAdapter(Reply)


def reply_from(stored: bytes | str) -> Reply:
    """The bubble that `Reply.json` stored."""
    return _ADAPTER.validate_json(stored)


Words = str | Reply | tuple["str | Reply", ...]
"""What a step may say on the way: a sentence, a bubble, or several of either."""


def bubbles(words: Words) -> Iterable[Reply]:
    for one in words if isinstance(words, tuple) else (words,):
        if isinstance(one, Reply):
            yield one
        elif one:
            yield Reply(one)
