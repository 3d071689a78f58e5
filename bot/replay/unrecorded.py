"""A turn that was not recorded, taken again as well as can be: on the data of today."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.dialog import Dialog, UnreadableSession
from bot.language import DEFAULT
from bot.observe.story import Story
from bot.replay.questions import Failure
from bot.replay.recording import Outcome, Scene
from services.ground.people import Person


class Untakeable(Exception):
    """str(e) says why the turn cannot be taken again."""


async def scene(db: Any, told: Story, dialog: Dialog, brand: str) -> Scene:
    """Where the turn began, as far as that is known. Raises Untakeable."""
    if told.state == "ignored" and told.step_after is None:
        raise Untakeable(f"it had no turn: {told.reason}")
    row = await db.fetchrow(
        """SELECT u.id, u.name, coalesce(u.language, $2) AS language, u.time_zone, u.is_member,
                  s.state, coalesce(i.channel_id, s.channel_id) AS channel_id
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
        state=_state(told, row["state"] or {}, dialog),
        channel_id=row["channel_id"],
        talked_at=None,
        is_fact=told.channel is None,
        payload=told.payload,
        correlation_id=told.correlation_id,
    )


def _state(told: Story, today: Mapping[str, Any], dialog: Dialog) -> dict[str, Any] | None:
    """The session that the turn found: today's, as far back as the step it was at."""
    if told.step_after is None:
        return dict(today) or None
    if told.step_before is None:
        return None
    stack = today.get("stack", [])
    places = [n for n, step in enumerate(stack) if step["tag"] == told.step_before]
    behind = stack[: places[-1] + 1] if places else [{"tag": told.step_before}]
    state = {**today, "stack": behind, "entered": 0}
    try:
        dialog.load(state)
    except UnreadableSession:
        raise Untakeable(
            f"it was not recorded, nor is what was known at {told.step_before}"
        ) from None
    return state


def outcome(told: Story) -> Outcome:
    """What is still known of what the turn led to."""
    if told.state == "parked":
        kind, _, words = (told.reason or "").partition(": ")
        return Outcome(failure=Failure(kind, words.partition("\n")[0]))
    return Outcome(
        bubbles=[_unnumbered(bubble.content) for bubble in told.bubbles],
        language=told.bubbles[0].language if told.bubbles else None,
        state=_at(told.step_after),
        ignored=told.reason if told.state == "ignored" else None,
    )


def as_known(taken: Outcome, then: Outcome) -> Outcome:
    """Of what it leads to now, what can be compared with what is known of then."""
    spoken = then.language and taken.language
    bubbles = [_unnumbered(bubble) for bubble in taken.bubbles]
    return replace(taken, bubbles=bubbles, state=_at(taken.step), language=spoken)


def _unnumbered(bubble: Mapping[str, Any]) -> dict[str, Any]:
    """Without the question's number in its buttons, of which today's is another."""
    choices = [
        {**choice, "id": re.sub(r"^([a-z.-]+\|)\d+\|", r"\1|", choice["id"])}
        for choice in bubble.get("choices") or ()
    ]
    return {**bubble, "choices": choices}


def _at(step: str | None) -> dict[str, Any]:
    return {"stack": [{"tag": step}]}
