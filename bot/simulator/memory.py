"""Waking up: the world as the journal tells it, with everything the product has not yet taken
queued again.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

from bot.simulator.people import Bubble, Person
from bot.simulator.shapes import Object, obj, objects, text, whole
from bot.simulator.templates import Template
from bot.simulator.updates import Update
from bot.simulator.world import World

Restore = Callable[[Object], None]


class Memory:
    """Reads the journal into a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pending: dict[str, Update] = {}
        self._restore: Final[dict[str, Restore]] = {
            "person": self._person,
            "said": self._said,
            "got": self._got,
            "status": self._status,
            "tick": self._tick,
            "ok": self._ok,
            "media": world.media.restore,
            "template": self._template,
            "no_template": lambda record: _forget_template(world, record),
        }

    def also(self, others: dict[str, Restore]) -> None:
        """Let other parts take their own kinds of record."""
        self._restore.update(others)

    def wake(self) -> list[Update]:
        """Replay everything; answers what still has to be delivered, oldest first."""
        for record in self._world.journal.read():
            if restore := self._restore.get(text(record.get("t"))):
                restore(record)
        return list(self._pending.values())

    def expect(self, update: Update) -> None:
        """An update that is to be delivered unless a later record says that it was."""
        self._pending[update.key] = update

    def _person(self, record: Object) -> None:
        known = self._world.crowd.find(text(record["key"]))
        if known is not None:
            known.last_said = max(known.last_said, _seconds(record.get("last_said")))
            return
        self._world.crowd.add(
            Person(
                text(record["key"]),
                text(record["name"]),
                text(record["phone"]) or None,
                text(record["username"]) or None,
                text(record["user_id"]),
                "business" if record["role"] == "business" else "person",
                last_said=_seconds(record.get("last_said")),
            )
        )

    def _said(self, record: Object) -> None:
        person, message, at = self._meet(record), obj(record["m"]), _seconds(record["at"])
        status = text(record.get("s")) or "sent"
        bubble = Bubble(text(message["id"]), person.next_seq, True, at, message, status)
        self._world.hold(person, bubble)
        person.last_said = at
        if status == "sent":
            self.expect(self._world.said_update(person, message))

    def _got(self, record: Object) -> None:
        person, at = self._meet(record), _seconds(record["at"])
        status = text(record.get("s")) or "accepted"
        bubble = Bubble(text(record["id"]), person.next_seq, False, at, obj(record["b"]), status)
        self._world.hold(person, bubble)
        if status == "read":
            person.read_seq = bubble.seq

    def _status(self, record: Object) -> None:
        place = self._world.find(text(record["id"]))
        if place is None:
            return
        person, bubble = place
        bubble.status = text(record["s"])
        if bubble.status == "read":
            person.read_seq = max(person.read_seq, bubble.seq)
        update = self._world.status_update(person, bubble, bubble.status, _seconds(record["at"]))
        self.expect(update)

    def _tick(self, record: Object) -> None:
        place = self._world.find(text(record["id"]))
        if place is not None:
            place[1].status = text(record["s"])

    def _ok(self, record: Object) -> None:
        self._pending.pop(text(record["k"]), None)

    def _template(self, record: Object) -> None:
        components = tuple(objects(record["components"]))
        name, language = text(record["name"]), text(record["language"])
        self._world.templates.put(Template(name, language, text(record["category"]), components))

    def _meet(self, record: Object) -> Person:
        key = text(record["p"])
        return self._world.crowd.find(key) or self._world.meet(key)


def compacted(world: World) -> Iterator[Object]:
    """The journal's records that are enough to wake up as now, when the product is owed nothing."""
    for person in world.crowd:
        yield person.record()
        for bubble in person.bubbles:
            yield _bubble_record(person, bubble)
    yield from world.media.records()
    for template in world.templates:
        yield {"t": "template", **template.shown()}


def _bubble_record(person: Person, bubble: Bubble) -> Object:
    status = bubble.status
    if bubble.by_person:
        status = "delivered" if status == "sent" else status
        return {"t": "said", "p": person.key, "at": bubble.at, "m": bubble.source, "s": status}
    return {
        "t": "got",
        "p": person.key,
        "at": bubble.at,
        "id": bubble.id,
        "b": bubble.source,
        "s": status,
    }


def seed(world: World) -> None:
    """Bring in the demo's people who are not there yet; the business has just written, so its
    window is open.
    """
    for demo in world.config.demo_people:
        called = demo.phone or demo.name
        if world.crowd.find(called) is None:
            person = world.meet(called, demo.name, demo.role)
            if demo.role == "business":
                person.last_said = time.time()
                world.journal.append(person.record())


def _forget_template(world: World, record: Object) -> None:
    world.templates.remove(text(record["name"]))


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float(whole(value))
