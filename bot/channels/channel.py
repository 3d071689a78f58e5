"""What inbox, worker and sender know of a provider, and nothing more."""

from typing import Any, Protocol

from bot.channels import cloud_in, cloud_out
from bot.channels.address import Address
from bot.channels.cloud_client import CloudClient
from bot.channels.errors import Action, Failure
from bot.channels.outcome import Failed, Outcome
from bot.dialog.reply import Reply
from bot.dialog.said import Said


class Channel(Protocol):
    """One of our numbers at a provider."""

    def read(self, payload: dict[str, Any]) -> Said:
        """What a stored update says."""

    def parts(self, reply: Reply) -> list[Reply]:
        """The bubble as the messages it takes here, each an outbox row of its own."""

    async def send(
        self, to: Address, reply: Reply, ours: int, reply_to: str | None = None
    ) -> Outcome:
        """Sends one part. `ours` is the outbox row's id."""

    async def seen(self, to: Address, message_id: str) -> None:
        """Marks a message read and shows that we are typing, where the channel can."""


class CloudChannel:
    """A number at WhatsApp's Cloud API."""

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
        except cloud_out.NoAddress as error:
            return Failed(Failure(Action.UNREACHABLE, text=str(error)))
        return await self.client.send(body)

    async def seen(self, to: Address, message_id: str) -> None:
        await self.client.mark_read(message_id)
