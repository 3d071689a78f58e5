"""What inbox, worker and sender know of a provider, and nothing more."""

from datetime import timedelta
from typing import Any, Protocol

from bot.channels import cloud_in, cloud_out, green_in, green_out
from bot.channels.address import Address, NoAddress
from bot.channels.cloud_client import CloudClient
from bot.channels.cloud_out import BUTTONS
from bot.channels.cloud_template import TemplateButton, render_template
from bot.channels.errors import Action, Failure
from bot.channels.green_client import GreenClient
from bot.channels.media import Download
from bot.channels.outcome import Failed, Outcome
from bot.dialog.reply import Reply
from bot.dialog.said import Attachment, Said

_FORBIDDEN = 403  # what some instances answer to the buttons method, and to nothing else


class Channel(Protocol):
    """One of our numbers at a provider."""

    @property
    def window(self) -> timedelta | None:
        """How long after a person's last message only a template reaches them; None: never so."""

    def read(self, payload: dict[str, Any]) -> Said:
        """What a stored update says."""

    def parts(self, reply: Reply) -> list[Reply]:
        """The bubble as the messages it takes here, each an outbox row of its own."""

    async def send(
        self, to: Address, reply: Reply, ours: int, reply_to: str | None = None
    ) -> Outcome:
        """Sends one part. `ours` is the outbox row's id. Never raises for what can happen."""

    async def send_template(self, to: Address, reply: Reply, language: str, ours: int) -> Outcome:
        """Says the part by its approved template, for when the 24-hour window is closed."""

    async def seen(self, to: Address, message_id: str) -> None:
        """Marks a message read and shows that we are typing, where the channel can."""

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        """A file a person sent, of at most `limit` bytes; raises the errors of `media`."""


class CloudChannel:
    """A number at WhatsApp's Cloud API."""

    window = timedelta(hours=24)  # providers.md B

    def __init__(self, client: CloudClient) -> None:
        self.client = client

    def read(self, payload: dict[str, Any]) -> Said:
        return cloud_in.read(payload)

    def parts(self, reply: Reply) -> list[Reply]:
        return cloud_out.parts(reply)

    async def send(
        self, to: Address, reply: Reply, ours: int, reply_to: str | None = None
    ) -> Outcome:
        try:
            body = cloud_out.render(reply, to=to, ours=ours, reply_to=reply_to)
        except NoAddress as error:
            return _unreachable(error)
        return await self.client.send(body)

    async def send_template(self, to: Address, reply: Reply, language: str, ours: int) -> Outcome:
        if reply.template is None:
            return Failed(Failure(Action.NEEDS_TEMPLATE, text="the bubble has no template"))
        name, parameters = reply.template.name, reply.template.parameters
        try:
            body = render_template(
                name, language, parameters, to=to, ours=ours, buttons=_quick_replies(reply)
            )
        except NoAddress as error:
            return _unreachable(error)
        return await self.client.send(body)

    async def seen(self, to: Address, message_id: str) -> None:
        await self.client.mark_read(message_id)

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        return await self.client.download(attachment.media_id, limit)


class GreenChannel:
    """A phone at Green API. `buttons` tries its beta buttons, with numbers in their place
    where an instance refuses them."""

    window = None  # no templates either

    def __init__(
        self, client: GreenClient, *, buttons: bool = False, hint: str = green_out.HINT
    ) -> None:
        self.client = client
        self.buttons = buttons
        self.hint = hint

    def read(self, payload: dict[str, Any]) -> Said:
        return green_in.read(payload)

    def parts(self, reply: Reply) -> list[Reply]:
        return green_out.parts(reply, self.hint)

    async def send(
        self, to: Address, reply: Reply, ours: int, reply_to: str | None = None
    ) -> Outcome:
        try:
            chat = green_out.chat_of(to)
        except NoAddress as error:
            return _unreachable(error)
        tapped = self.buttons and green_out.takes_buttons(reply, chat)
        outcome = await self._send(to, reply, reply_to, buttons=tapped)
        refused = isinstance(outcome, Failed) and outcome.failure.http_status == _FORBIDDEN
        if tapped and refused:
            return await self._send(to, reply, reply_to, buttons=False)
        return outcome

    async def _send(
        self, to: Address, reply: Reply, reply_to: str | None, *, buttons: bool
    ) -> Outcome:
        call = green_out.render(reply, to=to, reply_to=reply_to, buttons=buttons, hint=self.hint)
        return await self.client.send(call)

    async def send_template(self, to: Address, reply: Reply, language: str, ours: int) -> Outcome:
        """Green API has no window and no templates: the bubble itself is sent."""
        return await self.send(to, reply, ours)

    async def seen(self, to: Address, message_id: str) -> None:
        await self.client.seen(green_out.chat_of(to), message_id)

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        return await self.client.download(attachment.url, limit)


def _quick_replies(reply: Reply) -> list[TemplateButton]:
    """The bubble's own buttons: a tap on the template does what a tap on the bubble would."""
    shown = enumerate(reply.choices[:BUTTONS])
    return [TemplateButton(index, "quick_reply", choice.id) for index, choice in shown]


def _unreachable(error: NoAddress) -> Failed:
    return Failed(Failure(Action.UNREACHABLE, text=str(error)))
