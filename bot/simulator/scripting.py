"""The simulator's own API: speak and tap as any person, read what their phone shows, and set the
faults.

It is made for tests and for other programs: generous in what it takes, exact in what it answers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.simulator.cloud import reply
from bot.simulator.config import Role
from bot.simulator.faults import SWITCHES, UnknownFault
from bot.simulator.graph_error import GraphError
from bot.simulator.people import Bubble, Person
from bot.simulator.said import CannotSay, Opens, Tapped
from bot.simulator.shapes import Object, is_whole, objects, parsed, text, whole
from bot.simulator.speech import Speech
from bot.simulator.world import World

LookInside = Callable[[str], Awaitable[dict[str, object] | None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LONGEST_WAIT_SECONDS: Final = 30.0
API: Final = "/simulator/api"


class Scripting:
    """Routes under /simulator/api, except payments."""

    def __init__(self, world: World, speech: Speech, look_inside: LookInside | None) -> None:
        self._world = world
        self._speech = speech
        self._look_inside = look_inside

    def routes(self) -> list[web.RouteDef]:
        person = API + "/people/{person}"
        return [
            web.get(API, self._about),
            web.get(f"{API}/stream", self._world.watchers.stream),
            web.get(f"{API}/people", self._people),
            web.post(f"{API}/people", answering(self._add_person)),
            web.get(person, self._person),
            web.get(f"{person}/messages", answering(self._messages)),
            web.post(f"{person}/messages", answering(self._say)),
            web.post(f"{person}/read", answering(self._read)),
            web.post(f"{API}/batches", answering(self._batch)),
            web.get(f"{API}/faults", self._faults),
            web.put(f"{API}/faults", answering(self._set_faults)),
            web.patch(f"{API}/faults", answering(self._set_faults)),
            web.delete(f"{API}/faults", answering(self._set_faults)),
        ]

    async def _about(self, request: web.Request) -> web.StreamResponse:
        config, here = self._world.config, str(request.url.origin())
        return reply(
            {
                "phone_number_id": config.phone_number_id,
                "display_phone_number": config.display_phone_number,
                "business_name": config.business_name,
                "waba_id": config.waba_id,
                "addresses": {
                    "page": f"{config.public_url.rstrip('/')}/simulator",
                    "graph": here,
                    "stripe": here,
                    "webhooks": f"{config.product_url.rstrip('/')}/webhooks",
                },
                "people": [self._world.profile(person) for person in self._world.crowd],
                "faults": self._world.faults.shown(),
                "waiting_webhooks": self._world.delivery.waiting,
            }
        )

    async def _people(self, _: web.Request) -> web.StreamResponse:
        return reply({"people": [self._world.profile(person) for person in self._world.crowd]})

    async def _add_person(self, request: web.Request) -> web.StreamResponse:
        body = await read_object(request)
        name, phone = text(body.get("name")), text(body.get("phone"))
        if not name and not phone:
            raise CannotSay(400, "give a name, and a phone unless the person has only a username")
        known = self._world.crowd.find(phone or name)
        role: Role = "business" if body.get("role") == "business" else "person"
        person = known or self._world.meet(phone or name, name or None, role)
        return reply(self._world.profile(person), 200 if known else 201)

    async def _person(self, request: web.Request) -> web.StreamResponse:
        person = self._who(request)
        profile = self._world.profile(person)
        profile["session"] = await self._session(person)
        return reply(profile)

    async def _session(self, person: Person) -> Object | None:
        if self._look_inside is None:
            return None
        found = await self._look_inside(person.phone) if person.phone else None
        return found or await self._look_inside(person.user_id)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        person = self._who(request)
        sender = request.query.get("from")
        after = self._after(person, request.query.get("after", ""))
        wait = min(_seconds(request.query.get("wait", "0")), LONGEST_WAIT_SECONDS)
        found = await self._wait_for(lambda: _heard(person, after, sender), person, wait)
        if found and "peek" not in request.query:
            self._world.read_by_person(person, found[-1].seq)
        shown = [self._world.shown.bubble(bubble) for bubble in found]
        return reply({"messages": shown, "next": found[-1].seq if found else after})

    async def _wait_for(
        self, look: Callable[[], list[Bubble]], person: Person, seconds: float
    ) -> list[Bubble]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not (found := look()) and not self._world.closed:
            left = deadline - loop.time()
            if left <= 0:
                break
            woken = loop.create_future()
            person.waiting.append(woken)
            await asyncio.wait([woken], timeout=left)
            if woken in person.waiting:
                person.waiting.remove(woken)
        return found

    def _after(self, person: Person, given: str) -> int:
        if not given:
            return 0
        if is_whole(given):
            return whole(given)
        place = self._world.find(given)
        if place is None or place[0] is not person:
            raise CannotSay(404, f"after: no message {given} on this phone")
        return place[1].seq

    async def _say(self, request: web.Request) -> web.StreamResponse:
        person = self._who(request)
        message = await self._speech.heard(person, request)
        if isinstance(message, Opens):
            return reply({"id": message.message, "opens": message.url, "person": person.key})
        answer: Object = {}
        if isinstance(message, Tapped):
            answer["tapped"] = {"message": message.message, **message.choice}
            message = message.cloud
        bubble = self._world.say(person, message)
        answer |= {"id": bubble.id, "person": person.key, "user_id": person.user_id}
        return reply(self._world.shown.bubble(bubble) | answer, 202)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        person = self._who(request)
        body = await read_object(request) if request.can_read_body else {}
        seq = body.get("seq")
        self._world.read_by_person(person, seq if isinstance(seq, int) else None)
        return reply({"unread": person.unread})

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        """Say many things in one webhook POST; answers when the product has taken it."""
        body = await read_object(request)
        prepared = []
        for item in objects(body.get("messages")):
            person = self._world.meet(text(item.get("person")) or "+12025550100")
            message = self._speech.plain(person, item)
            prepared.append((person, *self._world.prepare(person, message)))
        if not prepared:
            raise CannotSay(400, "messages: give a list of {person, text or tap or cloud …}")
        for person, _, bubble, new in prepared:
            if new:
                self._world.told(person, bubble)
        await self._world.delivery.send_together([update for _, update, _, _ in prepared])
        return reply({"ids": [bubble.id for _, _, bubble, _ in prepared]})

    async def _faults(self, _: web.Request) -> web.StreamResponse:
        return reply({"faults": self._world.faults.shown(), "about": SWITCHES})

    async def _set_faults(self, request: web.Request) -> web.StreamResponse:
        """PUT replaces every setting, PATCH changes the named ones, DELETE switches all off."""
        wanted = await read_object(request) if request.can_read_body else {}
        faults = self._world.faults
        if request.method == "PATCH":
            faults.set(wanted)
        else:
            faults.replace(wanted)
        self._world.watchers.tell(lambda: {"event": "faults", "faults": faults.shown()})
        return await self._faults(request)

    def _who(self, request: web.Request) -> Person:
        return self._world.meet(request.match_info["person"])


def answering(handler: Handler) -> Handler:
    """The handler with this API's refusals as JSON with a sentence."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except CannotSay as refused:
            body: Object = {"error": str(refused)}
            if refused.shows is not None:
                body["shows"] = refused.shows
            return reply(body, refused.status)
        except UnknownFault as unknown:
            return reply({"error": str(unknown)}, 400)
        except GraphError as refused:
            return reply({"error": refused.details or refused.title}, refused.status)

    return answer


async def read_object(request: web.Request) -> Object:
    """The JSON object of a request; raises CannotSay for anything else."""
    try:
        body = parsed(await request.read())
    except ValueError as broken:
        raise CannotSay(400, "the body is not valid JSON") from broken
    if not isinstance(body, dict):
        raise CannotSay(400, "the body must be a JSON object")
    return body


def _heard(person: Person, after: int, sender: str | None) -> list[Bubble]:
    found = list(person.after(after))
    if sender in {"bot", "person"}:
        found = [bubble for bubble in found if bubble.by_person == (sender == "person")]
    return found


def _seconds(given: str) -> float:
    try:
        return max(0.0, float(given))
    except ValueError as broken:
        raise CannotSay(400, "wait: give a number of seconds, at most 30") from broken
