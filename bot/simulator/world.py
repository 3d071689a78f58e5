"""The outside world as the simulator keeps it: people write, the bot's messages reach their
phones, and the product is told.

Everything that changes goes through here: first into the journal, then onto the phone, then
towards the product.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from bot.simulator.config import Role, SimulatorConfig
from bot.simulator.delivery import Delivery
from bot.simulator.faults import Faults
from bot.simulator.graph_error import GraphError
from bot.simulator.journal import Journal
from bot.simulator.media import MediaShelf
from bot.simulator.people import Bubble, Crowd, Person, message_id, new_person, spaced
from bot.simulator.shapes import Object, obj, text
from bot.simulator.shown import Shown
from bot.simulator.statuses import status_value
from bot.simulator.templates import Templates
from bot.simulator.updates import Envelopes, Update
from bot.simulator.watchers import Watchers

RANK: Final = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}
SENT_AFTER_SECONDS: Final = 0.03
DELIVERED_AFTER_SECONDS: Final = 0.12


class World:
    """People, their phones, and the way to the product."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.journal = Journal(config.journal)
        self.faults = Faults()
        self.crowd = Crowd()
        self.watchers = Watchers()
        self.templates = Templates(config.templates)
        self.media = MediaShelf(self.journal, config.app_secret)
        self.delivery = Delivery(Envelopes(config), self.faults, self.taken)
        self.shown = Shown(self.templates, self.media_url)
        self.number = "".join(filter(str.isdigit, config.display_phone_number))
        self.closed = False
        self.listeners: list[Callable[[Update], None]] = []
        self._places: dict[str, tuple[Person, Bubble]] = {}

    def media_url(self, media_id: str) -> str:
        """Where a browser sees a file."""
        return f"{self.config.public_url.rstrip('/')}/simulator/media/{media_id}"

    def meet(self, called: str, name: str | None = None, role: Role = "person") -> Person:
        """The person called so, made on first use."""
        known = self.crowd.find(called)
        return known or self.add(new_person(called, name, role))

    def settle(self, person: Person) -> None:
        """Bring in somebody who is being written to for the first time."""
        if self.crowd.find(person.key) is None:
            self.add(person)

    def close(self) -> None:
        """Let everybody go who waits for news."""
        self.closed = True
        self.watchers.close()
        for person in self.crowd:
            person.wake()

    def add(self, person: Person) -> Person:
        self.crowd.add(person)
        self.journal.append(person.record())
        self.watchers.tell(lambda: {"event": "person", "person": self.profile(person)})
        return person

    def profile(self, person: Person) -> Object:
        """The person as scripts and the page see them."""
        return {
            "person": person.key,
            "name": person.name,
            "phone": f"+{person.phone}" if person.phone else None,
            "display": spaced(person.phone) if person.phone else None,
            "username": person.username,
            "user_id": person.user_id,
            "role": person.role,
            "unread": person.unread,
            "window_open": person.window_open,
            "last_seq": person.next_seq - 1,
        }

    def find(self, bubble_id: str) -> tuple[Person, Bubble] | None:
        """A bubble by its WhatsApp message id, and whose phone it is on."""
        return self._places.get(bubble_id)

    def say(self, person: Person, message: Object) -> Bubble:
        """The person writes: fill in what a webhook's message object needs, show it, tell the
        product.

        A message with an id that was seen before is not shown again but delivered again.
        """
        update, bubble, new = self.prepare(person, message)
        if new:
            self.told(person, bubble)
        self.delivery.send(update)
        return bubble

    def prepare(self, person: Person, message: Object) -> tuple[Update, Bubble, bool]:
        """Complete a person's message and keep it, without delivering it yet."""
        now = time.time()
        message.setdefault("id", message_id(person.phone or person.user_id, incoming=False))
        message.setdefault("timestamp", str(int(now)))
        message.setdefault("type", "text")
        if person.phone and "from" not in message and not self.faults.fires("username_only"):
            message["from"] = person.phone
        message.setdefault("from_user_id", person.user_id)
        place = self._places.get(text(message["id"]))
        if place is not None:
            return self.said_update(person, message), place[1], False
        bubble = Bubble(text(message["id"]), person.next_seq, True, now, message, "sent")
        self.hold(person, bubble)
        person.last_said = now
        self.journal.append({"t": "said", "p": person.key, "at": now, "m": message})
        return self.said_update(person, message), bubble, True

    def receive(self, person: Person, body: Object) -> Bubble:
        """The bot's message reaches the phone; its statuses follow by themselves."""
        now = time.time()
        about = person.phone or person.user_id
        bubble = Bubble(
            message_id(about, incoming=True), person.next_seq, False, now, body, "accepted"
        )
        self.hold(person, bubble)
        self.journal.append({"t": "got", "p": person.key, "at": now, "id": bubble.id, "b": body})
        self.told(person, bubble)
        return bubble

    def let_statuses_follow(self, person: Person, bubble: Bubble) -> None:
        """Send 'sent' and 'delivered' (or 'failed') a moment later."""
        loop = asyncio.get_running_loop()
        if self.faults.statuses == "none":
            return
        if self.faults.fires("unreachable"):
            loop.call_later(SENT_AFTER_SECONDS, self.advance, person, bubble, "failed")
            return
        loop.call_later(SENT_AFTER_SECONDS, self.advance, person, bubble, "sent")
        if self.faults.statuses == "all":
            loop.call_later(DELIVERED_AFTER_SECONDS, self.advance, person, bubble, "delivered")

    def advance(self, person: Person, bubble: Bubble, status: str) -> None:
        """Move a bot's bubble forward and tell the product; never backward."""
        update = self.stamp(person, bubble, status)
        if update is not None:
            self.delivery.send(update)
        if status == "delivered" and bubble.seq <= person.read_seq:
            self.advance(person, bubble, "read")

    def stamp(self, person: Person, bubble: Bubble, status: str) -> Update | None:
        """Set a status and answer the update to send, if it is news."""
        if RANK[status] <= RANK[bubble.status]:
            return None
        bubble.status = status
        now = time.time()
        self.journal.append({"t": "status", "id": bubble.id, "s": status, "at": now})
        self.watchers.tell(lambda: self._status_event(person, bubble))
        return self.status_update(person, bubble, status, now)

    def read_by_person(self, person: Person, up_to: int | None = None) -> None:
        """The person looks at the phone: what is delivered becomes read, the rest when it
        arrives.
        """
        seen = person.next_seq - 1 if up_to is None else min(up_to, person.next_seq - 1)
        if seen <= person.read_seq:
            return
        before, person.read_seq = person.read_seq, seen
        for bubble in list(person.after(before)):
            if bubble.seq <= seen and not bubble.by_person and bubble.status == "delivered":
                self.advance(person, bubble, "read")

    def read_by_bot(self, bubble_id: str, *, typing: bool) -> None:
        """The business marks a message (and those before it) read, and may show that it types.

        Raises GraphError when the message is not one of a person's.
        """
        person, bubble = self._places.get(bubble_id) or (None, None)
        if person is None or bubble is None or not bubble.by_person:
            raise GraphError(131009, "message_id is not a message received by this number.")
        for earlier in reversed(person.bubbles):
            if earlier.seq <= bubble.seq and earlier.by_person:
                if earlier.status == "read":
                    break
                self._mark_own(person, earlier, "read")
        if typing:
            self.watchers.tell(lambda: {"event": "typing", "person": person.key})

    def taken(self, update: Update) -> None:
        """The product has answered 200 for this update."""
        self.journal.append({"t": "ok", "k": update.key})
        for listener in self.listeners:
            listener(update)
        place = self._places.get(update.key)
        if place is not None and place[1].status == "sent":
            self._mark_own(*place, "delivered")

    def hold(self, person: Person, bubble: Bubble) -> None:
        """Put a bubble on a phone without telling anybody."""
        for forgotten in person.hold(bubble):
            self._places.pop(forgotten.id, None)
        self._places[bubble.id] = (person, bubble)
        self._touch_other(bubble)

    def told(self, person: Person, bubble: Bubble) -> None:
        """Let long polls and the page see a new bubble."""
        person.wake()
        self.watchers.tell(
            lambda: {
                "event": "message",
                "person": person.key,
                "message": self.shown.bubble(bubble),
            }
        )

    def said_update(self, person: Person, message: Object) -> Update:
        """The webhook item that carries a person's message."""
        value: Object = {
            "messaging_product": "whatsapp",
            "metadata": self.metadata(),
            "contacts": [person.contact(hide_phone="from" not in message)],
            "messages": [message],
        }
        return Update(text(message["id"]), person.key, "whatsapp", value)

    def status_update(self, person: Person, bubble: Bubble, status: str, at: float) -> Update:
        """The webhook item that carries a status."""
        value = status_value(self.metadata(), person, bubble, status, at)
        return Update(f"{bubble.id}:{status}", person.key, "whatsapp", value)

    def metadata(self) -> Object:
        return {
            "display_phone_number": self.number,
            "phone_number_id": self.config.phone_number_id,
        }

    def _mark_own(self, person: Person, bubble: Bubble, status: str) -> None:
        bubble.status = status
        self.journal.append({"t": "tick", "id": bubble.id, "s": status})
        self.watchers.tell(lambda: self._status_event(person, bubble))

    def _status_event(self, person: Person, bubble: Bubble) -> Object:
        return {
            "event": "status",
            "person": person.key,
            "id": bubble.id,
            "status": bubble.status,
        }

    def _touch_other(self, bubble: Bubble) -> None:
        """A reaction, an edit or a removal changes the message that it is about."""
        kind = text(bubble.source.get("type"))
        content = obj(bubble.source.get(kind))
        target = content.get("message_id" if kind == "reaction" else "original_message_id")
        place = self._places.get(text(target))
        if place is None:
            return
        match kind:
            case "reaction":
                place[1].reaction = text(content.get("emoji")) or None
            case "edit":
                place[1].edited = obj(content.get("message"))
            case "revoke":
                place[1].revoked = True
