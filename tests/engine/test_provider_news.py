"""What a provider says of a number of ours, unasked: it is held, and goes on, by its word."""

import copy
from typing import Any

import orjson
import pytest

from bot import holds, webhooks
from bot.channels.errors import Action
from bot.commands import numbers
from bot.holds import Consequence
from bot.observe import held, metrics
from tests.channels.payloads import load
from tests.engine.house import House


async def green_says(house: House, *bodies: Any) -> None:
    async with house.database.pool.acquire() as db:
        await webhooks.store(db, [("greenapi", orjson.dumps(body), "test") for body in bodies])
    await house.take_in()


def state(name: str, at: int = 1705902314, kind: str = "stateInstanceChanged") -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(load("greenapi", "state_instance_changed_authorized"))
    return {**event, "typeWebhook": kind, "stateInstance": name, "timestamp": at}


async def green(house: House, what: str) -> Any:
    return await house.value(f"SELECT {what} FROM channels WHERE id = $1", house.green.id)


@pytest.mark.parametrize("name", ["notAuthorized", "blocked", "suspended", "sleepMode"])
async def test_an_instance_that_cannot_send_is_stopped_until_it_can(
    house: House, name: str
) -> None:
    stops = metrics.held(Action.STOP_CHANNEL)._value
    before = stops.get()
    await green_says(house, state(name))
    assert await green(house, "stopped_at IS NOT NULL") is True
    assert await green(house, "stopped_reason") == name
    # The provider keeps a day of news for us: until then its own word is waited for, as it
    # takes messages of a number that cannot send them.
    assert await green(house, "paused_until > now() + interval '23 hours'") is True
    assert stops.get() == before + 1
    async with house.database.pool.acquire() as db:
        assert f" by {name}, tried again at " in numbers.as_text(await held.look(db))
    await green_says(house, state("authorized", 1705902400))
    assert await green(house, "num_nonnulls(stopped_at, paused_until)") == 0
    assert await house.values("SELECT reason FROM inbox ORDER BY id") == ["state", "state"]


async def test_what_is_told_again_changes_nothing(house: House) -> None:
    await green_says(house, state("notAuthorized"), state("authorized", 1705902400))
    await green_says(house, state("notAuthorized"))  # hours later
    assert await green(house, "stopped_at") is None


async def test_a_yellow_card_holds_bulk_and_lets_answers_go(house: House) -> None:
    await green_says(house, state("yellowCard"))
    assert await green(house, "bulk_paused_until > now() + interval '50 min'") is True
    assert await green(house, "num_nonnulls(stopped_at, paused_until)") == 0
    await green_says(house, state("authorized", 1705902400))
    assert await green(house, "bulk_paused_until > now()") is True  # it ends by itself


async def test_an_instance_that_starts_is_paused_until_it_has(house: House) -> None:
    await green_says(house, state("starting"))
    assert await green(house, "paused_until > now() + interval '50 s'") is True
    await green_says(house, state("authorized", 1705902400))
    assert await green(house, "paused_until") is None


@pytest.mark.parametrize(
    "event",
    [
        state("dancing"),
        state("offline", kind="statusInstanceChanged"),
        {**state("notAuthorized"), "stateInstance": 7},
        {**state("notAuthorized"), "instanceData": {"idInstance": 9}},
    ],
)
async def test_other_news_are_kept_and_hold_nothing(house: House, event: Any) -> None:
    await green_says(house, event)
    assert await green(house, "num_nonnulls(stopped_at, paused_until, bulk_paused_until)") == 0
    assert await house.value("SELECT state FROM inbox") == "ignored"


async def test_a_try_that_fails_meanwhile_does_not_bring_the_next_one_forward(
    house: House,
) -> None:
    await green_says(house, state("notAuthorized"))
    late = Consequence(Action.STOP_CHANNEL, house.green.id, 1, 1, 400, "account not authorized")
    async with house.database.pool.acquire() as db, db.transaction():
        await holds.carry_out(db, [late])
    assert await green(house, "paused_until > now() + interval '23 hours'") is True


# -- templates ----------------------------------------------------------------------------------


def template(event: str, name: str = "order_news", language: str = "en", **more: Any) -> Any:
    body: dict[str, Any] = copy.deepcopy(load("cloud", "pywa_template_status_update_approved"))
    names = {"message_template_name": name, "message_template_language": language}
    body["entry"][0]["changes"][0]["value"] |= {"event": event} | names
    body["entry"][0] |= more
    return body


async def held_template(house: House) -> None:
    await house.execute(
        """INSERT INTO held_templates SELECT id, 'order_news', 'en', 132015, 'paused',
                                             now() + interval '1 hour'
           FROM channels WHERE kind = 'cloud'"""
    )


@pytest.mark.parametrize("event", ["APPROVED", "REINSTATED"])
@pytest.mark.parametrize("account_is_set", [True, False])
async def test_a_template_that_may_be_sent_again_is_held_no_longer(
    house: House, event: str, account_is_set: bool
) -> None:
    if not account_is_set:  # then the number itself is the scope of its people
        await house.execute("UPDATE channels SET scope = address")
    await held_template(house)
    await house.receive(template(event))
    assert await house.value("SELECT count(*) FROM held_templates") == 0
    await held_template(house)
    await house.receive(template(event))  # told again, hours later
    assert await house.value("SELECT count(*) FROM held_templates") == 1
    assert await house.rows("SELECT state, reason FROM inbox") == [("ignored", "template")]


@pytest.mark.parametrize(
    "body",
    [
        template("REJECTED"),
        template("APPROVED", name="other"),
        template("APPROVED", language="sw"),
        template("APPROVED", id="of-somebody-else"),
        template(["APPROVED"]),  # type: ignore[arg-type]
        template("APPROVED", name=None),  # type: ignore[arg-type]
    ],
)
async def test_other_news_of_templates_lift_nothing(house: House, body: Any) -> None:
    await held_template(house)
    await house.receive(body)
    assert await house.value("SELECT count(*) FROM held_templates") == 1
