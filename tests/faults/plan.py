"""What happens in a siege, all of it drawn from the seed: who says what when, what is killed when,
and how the world outside misbehaves when. (What the machine makes of it is never the same twice.)
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

ROLES = ("web", "worker", "sender", "scheduler")
SETTLING = 8.0  # seconds at the start in which nothing is killed yet

Say = dict[str, Any]
"""A message as the emulator's API takes it; with "pay", what the person does with a link."""


@dataclass(frozen=True)
class Deed:
    """Something done to the fleet: at which second, what, to which process."""

    at: float
    what: str  # kill, stop, roll, freeze, postgres-kill, postgres-stop, backend-kill, switches
    role: str = ""
    slot: int = 0
    seconds: float = 0.0  # until it is started, or thawed, again
    switches: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        who = f" {self.role} {self.slot}" if self.role else ""
        more = f" {self.switches}" if self.what == "switches" else f" for {self.seconds:.1f} s"
        return f"{self.at:7.1f}  {self.what}{who}{more}"


@dataclass(frozen=True)
class Person:
    """`called` is a phone, or the name of somebody without one; `buys` "cash", "card" or ""."""

    called: str
    buys: str
    says: tuple[tuple[float, Say], ...]


@dataclass(frozen=True)
class Plan:
    deeds: tuple[Deed, ...]
    people: tuple[Person, ...]


def plan(seed: int, seconds: float, people: int) -> Plan:
    """The same for the same three numbers."""
    deeds, folk = Random(f"deeds {seed}"), Random(f"people {seed}")
    crowd = tuple(_person(folk, n, seconds) for n in range(people))
    return Plan(tuple(sorted(_deeds(deeds, seconds), key=lambda deed: deed.at)), crowd)


# -- what is done to the program ---------------------------------------------------------------

_KILLS = ("kill", "kill", "kill", "stop", "roll", "roll", "freeze")
_POSTGRES = ("postgres-kill", "postgres-stop", "backend-kill")


def _deeds(chance: Random, seconds: float) -> list[Deed]:
    found: list[Deed] = []
    at = SETTLING
    while at < seconds:
        role, slot = chance.choice(ROLES), chance.randrange(2)
        what = chance.choice(_KILLS)
        pause = chance.uniform(6, 14) if what == "freeze" else chance.uniform(0, 3)
        found.append(Deed(at, what, role, slot, pause))
        at += chance.uniform(2, 6)
    at = SETTLING + chance.uniform(0, 10)
    while at < seconds:
        what = chance.choice(_POSTGRES)
        found.append(Deed(at, what, seconds=chance.uniform(0, 4)))
        at += chance.uniform(15, 35)
    at = chance.uniform(0, 5)
    while at < seconds:
        found.append(Deed(at, "switches", switches=_switches(chance)))
        at += chance.uniform(4, 12)
    return found


_SWITCHES = ("duplicate reorder batch drop_200 early_status send_429 send_131056 send_5xx"
             " send_timeout closed_window unreachable username_only stripe_5xx"
             " stripe_timeout").split()  # fmt: skip
_SELDOM = {"send_timeout": 0.05, "stripe_timeout": 0.3, "closed_window": 0.1, "unreachable": 0.1}


def _switches(chance: Random) -> dict[str, Any]:
    """Some of the emulator's, each with a probability; the others off."""
    names = chance.sample(_SWITCHES, chance.randrange(0, 5))
    found: dict[str, Any] = {
        name: round(chance.uniform(0.02, _SELDOM.get(name, 0.4)), 3) for name in names
    }
    found["delay_ms"] = chance.choice((0, 0, 0, 50, 400))
    found["statuses"] = chance.choice(("all", "all", "all", "all", "sent", "none"))
    found["seed"] = chance.randrange(10**6)
    return found


# -- what people do ------------------------------------------------------------------------------

_GOODS = ("mangoes", "avocados", "pineapple", "mango juice", "passion juice", "tomatoes")
_NOISE = ("asdf qwer", "🙂🙂", "?", "0", "999999", "-1", "what is the meaning of this", "nne",
          "x" * 3000, "ok", "/start", "null", "2 2 2", "Checkout!!")  # fmt: skip


def _person(chance: Random, n: int, seconds: float) -> Person:
    called = f"+1202555{2000 + n:04d}" if n % 10 else f"nobody-{n}"
    buys = chance.choice(("cash", "cash", "card", "", ""))
    says: list[tuple[float, Say]] = []
    visits = max(1, round(seconds / 60))
    for visit in range(visits):
        at = (visit + chance.random() * 0.7) * seconds / visits
        for say in [{"text": chance.choice(("hi", "hello", "menu"))}, *_visit(chance, buys, n)]:
            says.append((at, say))
            at += chance.uniform(0.3, 3.0)
    return Person(called, buys, tuple(says))


def _visit(chance: Random, buys: str, n: int) -> list[Say]:
    """One errand; about every third of those who buy goes for it."""
    if buys and chance.random() < 0.35:
        return _purchase(chance, buys)
    errand = chance.choice((_look, _noise, _twice) if buys else (_look, _noise, _twice, _language))
    return errand(chance)


def _purchase(chance: Random, buys: str) -> list[Say]:
    goods = chance.sample(_GOODS, chance.randrange(1, 3))
    adds: list[Say] = [{"text": f"{chance.randrange(1, 4)}x {name}"} for name in goods]
    way: list[Say] = [{"tap": "Checkout"}, {"text": "i pick it up"}]
    if buys == "cash":
        return [*adds, *way, {"text": "cash at pick-up"}]
    ends = chance.choice((["pay"], ["pay"], ["decline", "pay"], ["later", "pay"], ["abandon"], []))
    return [*adds, *way, {"tap": "Pay by card"}, {"pay": ends}]


def _look(chance: Random) -> list[Say]:
    words = ["shop", str(chance.randrange(1, 6)), str(chance.randrange(1, 4)), "back", "cart"]
    return [{"text": each} for each in words[: chance.randrange(2, 6)]]


def _noise(chance: Random) -> list[Say]:
    found: list[Say] = [{"text": each} for each in chance.sample(_NOISE, 3)]
    found.append({"location": {"latitude": -1.29, "longitude": 36.82}})
    found.append({"cloud": {"type": "unsupported", "errors": [{"code": 131051}]}})
    return chance.sample(found, chance.randrange(1, 5))


def _twice(chance: Random) -> list[Say]:
    """The very same message, told again and again."""
    same = {"id": f"wamid.again.{chance.getrandbits(60):x}", "type": "text"}
    return [{"cloud": same | {"text": {"body": "menu"}}} for _ in range(3)]


def _language(chance: Random) -> list[Say]:
    return [{"text": "language"}, {"text": chance.choice(("Kiswahili", "English"))}]
