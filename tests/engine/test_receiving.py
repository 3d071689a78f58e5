"""A webhook answered 200 is on disk, once; everything else is refused in the right words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot import webhooks
from bot.channels import cloud_in
from bot.database.connections import AWAY
from bot.intake import Intake, Source
from bot.receiver import Receiver
from bot.web.bodies import LARGEST
from tests.channels import payloads
from tests.channels.payloads import load
from tests.engine.house import (
    GREEN_TOKEN,
    Blackout,
    House,
    eventually,
    message,
    phone,
    post,
    signed,
    status,
)

Serve = Callable[[web.Application], Awaitable[str]]
PATH = "/webhooks/whatsapp"


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts an application, and answers where it is."""
    started: list[TestServer] = []

    async def start(app: web.Application) -> str:
        started.append(TestServer(app))
        await started[-1].start_server()
        return str(started[-1].make_url("")).rstrip("/")

    yield start
    for server in started:
        await server.close()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def receiver(house: House) -> AsyncIterator[Receiver]:
    receiver = Receiver(house.database)
    receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def url(house: House, receiver: Receiver, serve: Serve) -> str:
    return await serve(house.webhooks(receiver))


async def posted(http: ClientSession, url: str, body: Any, **headers: str) -> int:
    raw, proof = signed(body)
    async with http.post(url + PATH, data=raw, headers=proof | headers) as response:
        return response.status


async def test_a_signed_message_is_stored_once_and_answered(
    house: House, http: ClientSession, url: str
) -> None:
    body = load("cloud", "pywa_message_text")
    number = body["entry"][0]["changes"][0]["value"]["metadata"]
    number["phone_number_id"] = house.number.address
    assert await posted(http, url, body) == 200
    assert await posted(http, url, body) == 200
    await house.take_in()
    assert await house.rows("SELECT kind, state FROM inbox") == [("text", "waiting")]
    await house.settle()
    assert await house.values("SELECT state FROM inbox") == ["answered"]
    assert len(await house.effects()) == 1


async def test_the_same_post_ten_times_at_once_at_two_processes_is_one_row(
    house: House, http: ClientSession, url: str, serve: Serve
) -> None:
    other = Receiver(house.database)
    other.start()
    urls = (url, await serve(house.webhooks(other)))
    for n in range(5):
        body = post(message("hi", frm=phone(n)), message("again", frm=phone(n)))
        answers = await asyncio.gather(*(posted(http, urls[i % 2], body) for i in range(10)))
        assert answers == [200] * 10
    await other.stop()
    assert await house.value("SELECT count(*) FROM webhooks") == 50
    await asyncio.gather(house.take_in(), house.take_in())
    assert await house.value("SELECT count(*) FROM webhooks") == 0
    assert await house.value("SELECT count(*) FROM inbox") == 10
    assert await house.value("SELECT count(*) FROM users") == 5
    await house.settle()
    assert await house.effects() == ["hi", "again"] * 5


async def test_two_processes_that_take_in_at_once_do_it_in_turns(house: House) -> None:
    forwards = [message("a", frm=phone(n)) for n in range(20)]
    backwards = [message("b", frm=phone(n)) for n in reversed(range(20))]
    bodies = [("cloud", orjson.dumps(post(*items)), "t") for items in (forwards, backwards) * 3]
    async with house.database.pool.acquire() as db:
        for body in bodies:
            await webhooks.store(db, [body])
    await asyncio.gather(*(house.take_in() for _ in range(3)))
    assert await house.value("SELECT count(*) FROM users") == 20
    assert await house.value("SELECT count(*) FROM user_identities") == 20
    assert await house.value("SELECT count(*) FROM inbox") == 40


async def test_one_who_takes_in_waits_for_no_other(house: House) -> None:
    await store(house, post(message("hi", frm=phone(1))))
    async with house.database.pool.acquire() as db, db.transaction():
        assert len(await webhooks.take(db, 10)) == 1
        assert not await house.intake().take()  # the other has it
    assert await house.value("SELECT count(*) FROM webhooks") == 0


async def test_a_process_that_dies_while_taking_in_has_taken_nothing(house: House) -> None:
    await store(house, post(message("hi", frm=phone(1))))
    with pytest.raises(RuntimeError):
        async with house.database.pool.acquire() as db, db.transaction():
            await webhooks.take(db, 10)
            raise RuntimeError
    await house.take_in()
    assert await house.value("SELECT count(*) FROM inbox") == 1
    await house.settle()


async def test_what_this_release_cannot_take_apart_is_kept_for_the_next(house: House) -> None:
    def broken(body: Any) -> Any:
        if body == {"new": "shape"}:
            raise RuntimeError("a mistake of ours")
        return cloud_in.parse(body)

    before, after = (post(message(word, frm=phone(1))) for word in ("one", "two"))
    await store(house, before, {"new": "shape"}, after)
    intake = Intake(house.database, {"cloud": Source(broken, house.known)})
    while await intake.take():
        pass
    words = "SELECT payload->'text'->>'body' FROM inbox WHERE kind = 'text' ORDER BY id"
    assert await house.values(words) == ["one", "two"]
    assert await house.rows("SELECT body, failed FROM webhooks") == [
        (b'{"new":"shape"}', "RuntimeError")
    ]
    async with house.database.pool.acquire() as db:
        [kept] = await webhooks.set_aside_rows(db)
        assert (kept.source, kept.failed) == ("cloud", "RuntimeError")
        assert await webhooks.again(db) == 1
    await house.take_in()
    assert await house.values("SELECT kind FROM inbox ORDER BY id") == ["text", "text", "unknown"]
    await house.settle()


async def store(house: House, *bodies: Any) -> None:
    async with house.database.pool.acquire() as db:
        await webhooks.store(db, [("cloud", orjson.dumps(body), "t") for body in bodies])


async def test_a_thousand_updates_in_one_post_are_all_answered(
    house: House, http: ClientSession, url: str
) -> None:
    items = [message(str(n), frm=phone(n % 40)) for n in range(1000)]
    assert await posted(http, url, post(*items)) == 200
    await house.take_in()
    assert await house.value("SELECT count(*) FROM inbox") == 1000
    await house.settle()
    assert await house.value("SELECT count(*) FROM inbox WHERE state = 'answered'") == 1000
    told = await house.values("SELECT what FROM effects WHERE user_id = 1 ORDER BY id")
    assert told == [str(n) for n in range(0, 1000, 40)]


@pytest.mark.parametrize("header", [None, "", "sha256=", "sha256=00", "sha1=ab", "sha256=äöü"])
async def test_a_wrong_signature_is_refused(
    house: House, http: ClientSession, url: str, header: str | None
) -> None:
    raw, headers = signed(post(message("hi", frm=phone(1))))
    headers.pop("X-Hub-Signature-256")
    proof = {} if header is None else {"X-Hub-Signature-256": header}
    async with http.post(url + PATH, data=raw, headers=headers | proof) as response:
        assert response.status == 401
    assert await house.value("SELECT count(*) FROM webhooks") == 0


async def test_without_a_secret_nothing_is_accepted(
    house: House, http: ClientSession, receiver: Receiver, serve: Serve
) -> None:
    url = await serve(house.webhooks(receiver, secret=""))
    raw, headers = signed(post(message("hi", frm=phone(1))), secret="")
    async with http.post(url + PATH, data=raw, headers=headers) as response:
        assert response.status == 401


async def test_what_is_no_webhook_gets_the_right_refusal(http: ClientSession, url: str) -> None:
    raw, headers = signed(b"{" + b" " * LARGEST + b"}")
    async with http.post(url + PATH, data=BytesIO(raw), headers=headers) as response:
        assert response.status == 413
    assert await posted(http, url, b'{"entry": [') == 400
    assert await posted(http, url, b"") == 400
    assert await posted(http, url, post(), **{"Content-Type": "text/plain"}) == 415
    async with http.put(url + PATH, json={}) as response:
        assert response.status == 405
    async with http.post(url + PATH + "/nowhere", json={}) as response:
        assert response.status == 404


async def test_the_challenge_is_answered_to_who_knows_the_token(
    http: ClientSession, url: str
) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "4242", "hub.verify_token": "verify-me"}
    async with http.get(url + PATH, params=asked) as response:
        assert (response.status, await response.text()) == (200, "4242")
    async with http.get(url + PATH, params=asked | {"hub.verify_token": "no"}) as response:
        assert response.status == 403


async def test_while_the_database_is_away_nothing_is_taken_and_nothing_lost(
    house: House, http: ClientSession, url: str, blackout: Blackout
) -> None:
    bodies = [post(message("a", frm=phone(n)), message("b", frm=phone(n))) for n in range(4)]
    assert await posted(http, url, bodies[0]) == 200
    await blackout.begin()
    answers = await asyncio.gather(*(posted(http, url, body) for body in bodies))
    assert answers == [503] * 4
    await blackout.end()

    async def taken() -> bool:
        return [await posted(http, url, body) for body in bodies] == [200] * 4

    await eventually(taken)
    await house.take_in()
    assert await house.value("SELECT count(*) FROM inbox") == 8
    assert await house.value("SELECT count(*) FROM users") == 4


async def test_a_connection_lost_in_the_middle_leaves_nothing_half_stored(
    house: House, http: ClientSession, url: str
) -> None:
    await house.execute("CREATE SEQUENCE shots")
    await house.execute(
        """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('shots') = 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
             RETURN NEW; END $$"""
    )
    for table in ("webhooks", "inbox"):
        await house.execute(
            f"CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION die()"
        )
    body = post(*(message(str(n), frm=phone(n)) for n in range(3)))
    assert await posted(http, url, body) == 200
    assert await posted(http, url, body) == 503
    await house.execute("SELECT setval('shots', 1, false)")
    with pytest.raises(AWAY):
        await house.take_in()
    assert await house.value("SELECT count(*) FROM inbox") == 0
    assert await house.value("SELECT count(*) FROM users") == 0
    await house.take_in()
    assert await house.value("SELECT count(*) FROM inbox") == 3
    await house.settle()


async def test_every_payload_on_file_is_taken(house: House, http: ClientSession, url: str) -> None:
    for name in payloads.webhooks("cloud"):
        assert await posted(http, url, load("cloud", name)) == 200, name
    headers = {"Authorization": f"Bearer {GREEN_TOKEN}"}
    for name in payloads.webhooks("greenapi"):
        where = f"{url}/webhooks/greenapi"
        async with http.post(where, json=load("greenapi", name), headers=headers) as response:
            assert response.status == 200, name
    await house.take_in()
    assert await house.value("SELECT count(*) FROM webhooks") == 0
    strangers = await house.rows(
        "SELECT kind, reason FROM inbox WHERE channel_id IS NULL AND state <> 'ignored'"
    )
    assert not strangers
    assert await house.value("SELECT count(*) FROM inbox WHERE reason = 'unknown number'") > 10
    assert await house.value("SELECT count(*) FROM inbox WHERE reason = 'account'") >= 4


async def test_green_api_wants_its_token(http: ClientSession, url: str) -> None:
    for wrong in ({}, {"Authorization": "Bearer no"}):
        async with http.post(f"{url}/webhooks/greenapi", json={}, headers=wrong) as response:
            assert response.status == 401


# What could stop a whole INSERT: none of it may cost a neighbour, or be sent for ever.
POISON: dict[str, Any] = {
    "a status with an endless id": post(status("w" * 5000, "sent"), key="statuses"),
    "a status with a huge error code": post(
        status("w1", "failed", errors=[{"code": 2**40, "title": "x"}]), key="statuses"
    ),
    "a status with a larger error code": post(
        status("w2", "failed", errors=[{"code": 2**63, "title": "x"}]), key="statuses"
    ),
    "a status of a message that was deleted": post(status("w3", "deleted"), key="statuses"),
    "a NUL in the words": orjson.dumps(post(message("a\0b", frm=phone(2)))),
    "half a surrogate pair": orjson.dumps(post(message("X", frm=phone(2)))).replace(
        b'"X"', b'"\\ud83d"'
    ),
    "a NUL in a name": post(
        message("hi", frm=phone(2)),
        contacts=[{"wa_id": phone(2), "profile": {"name": "A\0B"}}],
    ),
    "a number past all bounds": orjson.dumps(post(message("X", frm=phone(2)))).replace(
        b'"X"', b"1" * 40
    ),
    "an endless id": post(message("hi", frm=phone(2), id="w" * 3000)),
    "an endless type": post(message("hi", frm=phone(2), type="t" * 3000)),
    "an endless phone_number_id": post(message("hi", frm=phone(2)), to="9" * 3000),
    "a change without an address": {"entry": [{"changes": [{"field": "x", "value": {"a": 1}}]}]},
    "an empty account": {
        "entry": [{"id": "", "changes": [{"field": "account_update", "value": {}}]}]
    },
    "no object at all": [1, "two", None],
}


@pytest.mark.parametrize("name", POISON)
async def test_whatever_a_post_holds_its_neighbours_are_stored(
    house: House, http: ClientSession, url: str, name: str
) -> None:
    neighbours = [post(message(f"hi {n}", frm=phone(n + 10))) for n in range(4)]
    answers = await asyncio.gather(
        *(posted(http, url, body) for body in (*neighbours[:2], POISON[name], *neighbours[2:]))
    )
    assert answers == [200] * 5
    await house.take_in()
    stored = await house.values("SELECT payload->'text'->>'body' FROM inbox WHERE kind = 'text'")
    assert {f"hi {n}" for n in range(4)} <= set(stored)
    await house.settle()


@pytest.mark.parametrize("bad", [0, 1, 2])
async def test_a_row_that_cannot_be_stored_costs_nobody_else_anything(
    house: House, http: ClientSession, url: str, bad: int
) -> None:
    """Whatever the reason may be one day, the batch that shares a commit does not share it."""
    await house.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.payload->'text'->>'body' = 'poison' THEN
               RAISE EXCEPTION 'never this' USING ERRCODE = 'data_exception'; END IF;
             RETURN NEW; END $$"""
    )
    await house.execute(
        "CREATE TRIGGER t BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    words = ["one", "two", "three"]
    words[bad] = "poison"
    items = [message(word, frm=phone(7)) for word in words]
    others = [post(message(f"hi {n}", frm=phone(n + 10))) for n in range(4)]
    answers = await asyncio.gather(*(posted(http, url, b) for b in (*others, post(*items))))
    assert answers == [200] * 5
    await house.take_in()
    stored = await house.rows("SELECT state, payload->'text'->>'body' FROM inbox ORDER BY id")
    assert {("waiting", word) for word in words if word != "poison"} <= set(stored)
    assert await house.values("SELECT reason FROM inbox WHERE state = 'ignored'") == [
        "not storable"
    ]
    assert await house.value("SELECT count(*) FROM inbox") == 7


async def test_memory_is_bounded_while_nothing_can_be_written(house: House) -> None:
    from bot.receiver import NotStored

    receiver = Receiver(house.database, most_waiting=14)

    def store() -> Awaitable[None]:
        return receiver.store("cloud", b"{     }", "t")

    waits = [asyncio.ensure_future(store()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(NotStored):
        await store()
    receiver.start()
    await asyncio.gather(*waits)
    await receiver.stop()
    assert await house.value("SELECT count(*) FROM webhooks") == 2
