"""A turn that was not recorded, taken again as well as can be: on the data of today."""

from dataclasses import replace
from typing import Any

from bot.language import DEFAULT
from bot.observe.story import Story
from bot.replay.questions import Failure
from bot.replay.recording import Outcome, Scene
from services.ground.people import Person


class Untakeable(Exception):
    """str(e) says why the turn cannot be taken again."""


async def scene(db: Any, told: Story, brand: str) -> Scene:
    """Where the turn began, as far as that is known. Raises Untakeable."""
    if told.state == "ignored" and told.step_after is None:
        raise Untakeable(f"it had no turn: {told.reason}")
    row = await db.fetchrow(
        """SELECT u.id, u.name, coalesce(u.language, $2) AS language, u.time_zone, u.is_member,
                  s.state, s.current_step, coalesce(i.channel_id, s.channel_id) AS channel_id
           FROM inbox i JOIN users u ON u.id = i.user_id JOIN sessions s ON s.user_id = u.id
           WHERE i.id = $1""",
        told.id,
        DEFAULT,
    )
    if row is None:
        raise Untakeable("the person is gone")
    person = Person(*(row[name] for name in ("id", "name", "language", "time_zone", "is_member")))
    return Scene(
        person=person,
        language=person.language,
        brand=brand,
        now=told.received_at,
        state=_state(told, row["state"], row["current_step"]),
        channel_id=row["channel_id"],
        talked_at=None,
        is_fact=told.channel is None,
        payload=told.payload,
        correlation_id=told.correlation_id,
    )


def _state(told: Story, today: dict[str, Any] | None, step: str | None) -> dict[str, Any] | None:
    """The session that the turn found, where it can still be told."""
    if told.step_after is None or told.step_before == step:
        return today
    if told.step_before is None:
        return None
    return {"stack": [{"tag": told.step_before}]}


def outcome(told: Story) -> Outcome:
    """What is still known of what the turn led to."""
    if told.state == "parked":
        kind, _, words = (told.reason or "").partition(": ")
        return Outcome(failure=Failure(kind, words.partition("\n")[0]))
    return Outcome(
        bubbles=[bubble.content for bubble in told.bubbles],
        language=told.bubbles[0].language if told.bubbles else None,
        state=_at(told.step_after),
        ignored=told.reason if told.state == "ignored" else None,
    )


def as_known(taken: Outcome, then: Outcome) -> Outcome:
    """Of what it leads to now, what can be compared with what is known of then."""
    spoken = then.language and taken.language
    return replace(taken, state=_at(taken.step), language=spoken)


def _at(step: str | None) -> dict[str, Any]:
    return {"stack": [{"tag": step}]}
