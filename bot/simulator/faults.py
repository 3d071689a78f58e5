"""The switches that make the outside world misbehave, each with a probability or a count, all
repeatable by a seed.
"""

import random
from dataclasses import dataclass
from typing import Final

from bot.simulator.graph_error import KNOWN
from bot.simulator.shapes import Object, obj

SWITCHES: Final[dict[str, str]] = {
    "duplicate": "a webhook is delivered twice at once",
    "reorder": "a webhook is set aside until later ones have overtaken it",
    "batch": "webhooks wait a moment and travel together in one POST",
    "drop_200": "the answer to a delivered webhook is lost, so it is delivered again",
    "early_status": "'sent' arrives before the answer to the send call",
    "send_429": "a send is refused with 130429",
    "send_131056": "a send is refused with 131056",
    "send_refused": "a send is refused with the code of the dial refuse_code",
    "send_5xx": "a send is refused with HTTP 500 or 503",
    "send_timeout": "a send is accepted but never answered",
    "closed_window": "a send is refused as outside the 24-hour window (131047)",
    "unreachable": "a send is accepted and then fails with 131026",
    "username_only": "a person's phone number is left out of a webhook",
    "expired_media": "a media download, or a send by media id, is refused as expired",
    "stripe_5xx": "a payment call is refused with HTTP 500, nothing done",
    "stripe_timeout": "a payment call is carried out but never answered",
    "payment_5xx": "a call to a provider beside Stripe is refused with HTTP 500, nothing done",
    "payment_timeout": "a call to a provider beside Stripe is carried out but never answered",
    "payment_token": "the access token of a call to such a provider is not taken any more",
}
STATUS_CHOICES: Final = ("all", "sent", "none")


class UnknownFault(ValueError):
    """A switch, or a setting of one, that the simulator does not have."""


@dataclass(slots=True)
class Switch:
    """Fires with `probability`; with a `count` only so many more times."""

    probability: float = 0.0
    count: int | None = None

    def shown(self) -> object:
        if self.count is not None:
            return {"probability": self.probability, "count": self.count}
        return self.probability


class Faults:
    """The present setting of every switch and dial."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Everything off, the world as it should be."""
        self.switches = {name: Switch() for name in SWITCHES}
        self.delay_ms = 0
        self.statuses = "all"
        self.pair_rate = False
        self.throughput = 0
        self.refuse_code = 131048
        self.seed = 1
        self._chance = random.Random(1)  # noqa: S311 - faults must be repeatable, not secret

    def fires(self, name: str) -> bool:
        """Whether the fault happens this time; a counted one is used up by it."""
        switch = self.switches[name]
        if switch.probability <= 0.0 or switch.count == 0:
            return False
        if switch.probability < 1.0 and self._chance.random() >= switch.probability:
            return False
        if switch.count is not None:
            switch.count -= 1
        return True

    def set(self, wanted: Object) -> None:
        """Change what `wanted` names and leave the rest; all or nothing.

        Raises UnknownFault with a sentence that says what is possible.
        """
        wanted = {**obj(wanted.get("faults")), **wanted}
        wanted.pop("faults", None)
        wanted.pop("about", None)
        changes = {name: _switch(name, value) for name, value in wanted.items() if name in SWITCHES}
        dials = {name: value for name, value in wanted.items() if name not in SWITCHES}
        checked = {name: _dial(name, value) for name, value in dials.items()}
        self.switches.update(changes)
        for name, value in checked.items():
            setattr(self, name, value)
        if "seed" in checked:
            self._chance = random.Random(self.seed)  # noqa: S311 - as above

    def replace(self, wanted: Object) -> None:
        """Set what is named, switch the rest off; raises UnknownFault, changing nothing."""
        Faults().set(wanted)
        self.clear()
        self.set(wanted)

    def shown(self) -> Object:
        """Every switch and dial with its present value, as `set` takes them."""
        values: Object = {name: switch.shown() for name, switch in self.switches.items()}
        for dial in ("delay_ms", "statuses", "pair_rate", "throughput", "refuse_code", "seed"):
            values[dial] = getattr(self, dial)
        return values


def _switch(name: str, value: object) -> Switch:
    match value:
        case None | False:
            return Switch()
        case True:
            return Switch(1.0)
        case int() if value > 1:
            return Switch(1.0, value)
        case int() | float() if 0 <= value <= 1:
            return Switch(float(value))
        case {"count": int(count), **rest} if count >= 0:
            return Switch(_probability(name, rest.get("probability", 1.0)), count)
        case {"probability": probability}:
            return Switch(_probability(name, probability))
    raise UnknownFault(
        f"{name}: give a probability from 0 to 1, true or false, or "
        '{"count": n, "probability": p}'
    )


def _probability(name: str, value: object) -> float:
    if isinstance(value, int | float) and 0 <= value <= 1:
        return float(value)
    raise UnknownFault(f"{name}: a probability lies between 0 and 1")


def _dial(name: str, value: object) -> object:
    if name == "statuses" and value in STATUS_CHOICES:
        return value
    if name == "refuse_code" and value in KNOWN:
        return value
    if name == "pair_rate" and isinstance(value, bool):
        return value
    if name in {"delay_ms", "throughput", "seed"} and isinstance(value, int | float) and value >= 0:
        return int(value)
    dials = (
        "delay_ms, throughput, seed (numbers), statuses (all, sent, none), pair_rate (bool), "
        f"refuse_code ({', '.join(map(str, KNOWN))})"
    )
    raise UnknownFault(
        f"{name}={value!r} is not known; switches: {', '.join(SWITCHES)}; dials: {dials}"
    )
