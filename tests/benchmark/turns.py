"""Turns of our program alone: from the webhook's first byte until the answer is at the provider."""

import os
from collections.abc import Awaitable, Callable, Sequence

from tests.benchmark.load import Line, Load, Measured, People
from tests.benchmark.stage import Program, Stage

CROWD = 800 if os.environ.get("QUICK") else 2000  # to greet them takes half of a short look
AT_ONCE = 64
CONNECTIONS = 256  # where a rate is offered
THINK = 5.0  # seconds

Script = Sequence[Line]
GREET = Line("hi", answers=2)
MENU = (Line("language"), Line("menu"))  # steps that only change state
ENTER_SHOP = (Line("menu"), Line("1"))
BROWSE = (Line("1"), Line("back"))  # a category's page of products, the categories again
_THINGS = (  # of the demo shop: people do not all want the same one
    "acacia honey", "maize flour", "aromatic rice", "pilau spice", "passion juice", "mango juice",
    "ginger beer", "hibiscus cooler", "clay-lined charcoal stove", "enamel kettle",
)  # fmt: skip
CHECKOUT = [
    [Line(f"1x {thing}"), Line("checkout"), Line("i pick it up"), Line("cash at pick-up", 2)]
    for thing in _THINGS
]
CART = [
    [Line(f"1x {thing}"), Line("cart"), Line("change something"), Line("take it out", 2)]
    for thing in _THINGS
]
_SHOP = [(*ENTER_SHOP, *BROWSE)]
MIXED = [*4 * [MENU], *4 * _SHOP, *CART[:2], CHECKOUT[0]]


async def turns(stage: Stage, *, quick: bool) -> None:
    async with stage.programs() as ours:
        await ours.say(0, CROWD, GREET)
        for rate in (80,) if quick else (80, 1000):
            await _offered(ours, rate)
        for _ in range(1 if quick else stage.rounds):
            await ours.say(0, CROWD, *ENTER_SHOP)
            await _closed(ours, "browse turn", [BROWSE])
            await _closed(ours, "checkout turn", CHECKOUT)
        if not quick:
            await _people_at_once(ours)


async def _people_at_once(ours: Program) -> None:
    """Conversations with pauses, and more of them until it is too much."""
    await ours.say(0, CROWD * 2, GREET)
    for count in (1000, 2000, 4000):
        measured = await _measured(
            ours,
            f"{count:,} people at once, mixed",
            People(0, count, *MIXED),
            lambda load: load.thinking(THINK, 2 * ours.stage.seconds),
            f"each thinks for about {THINK:.0f} s before a message",
        )
        if measured.p99 > 500 or measured.errors > measured.count / 1000:
            break


async def _closed(ours: Program, name: str, scripts: Sequence[Script]) -> None:
    people, note = People(0, CROWD, *scripts), f"{AT_ONCE} outstanding"
    seconds = ours.stage.seconds
    await _measured(ours, name, people, lambda load: load.closed(AT_ONCE, seconds), note)


async def _offered(ours: Program, rate: int) -> None:
    people, seconds = People(0, CROWD, MENU), ours.stage.seconds
    name = f"menu turn, {rate:,}/s offered"
    await _measured(ours, name, people, lambda load: load.offered(rate, seconds))


async def _measured(
    ours: Program,
    name: str,
    people: People,
    run: Callable[[Load], Awaitable[Measured]],
    note: str = "",
) -> Measured:
    await ours.stage.forget()
    async with ours.load(people, CONNECTIONS) as load:
        return await ours.stage.measure(name, ours.pids, lambda: run(load), note)
