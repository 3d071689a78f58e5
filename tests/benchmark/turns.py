"""Turns: from the webhook's first byte until the answer is at the provider."""

from tests.benchmark.load import Line, People
from tests.benchmark.stage import Program, Stage

CROWD = 2000
MENU = (Line("language"), Line("menu"))  # steps that only change state
BROWSE = (Line("1"), Line("back"))  # a category's page of products, the categories again
ENTER_SHOP = (Line("menu"), Line("1"))
GREET = Line("hi", answers=2)


async def turns(stage: Stage) -> None:
    """The lines of our program alone."""
    async with stage.program() as ours:
        await ours.say(0, CROWD, GREET)
        await stage.forget()
        for _ in range(stage.rounds):
            await _closed(ours, "menu turn", MENU)
            await stage.forget()
        await _offered(ours, "menu turn", MENU, 80)


async def _closed(ours: Program, name: str, script: tuple[Line, ...], at_once: int = 256) -> None:
    async with ours.load(People(0, CROWD, script), at_once) as load:
        stage = ours.stage
        await stage.measure(name, [ours.pid], lambda: load.closed(at_once, stage.seconds))


async def _offered(ours: Program, name: str, script: tuple[Line, ...], rate: float) -> None:
    async with ours.load(People(0, CROWD, script), 256) as load:
        stage = ours.stage
        await stage.measure(
            f"{name}, {rate:,.0f}/s offered", [ours.pid], lambda: load.offered(rate, stage.seconds)
        )
