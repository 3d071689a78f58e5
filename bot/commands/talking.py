"""`handover`: the commands by which an operator takes the bot's place with somebody."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from bot.commands import handover as talks
from bot.commands.operating import QUIET, connection, say
from bot.commands.running import Mendable, go
from bot.handover import MINUTES
from bot.settings import Settings
from services.ground.handovers import AlreadyTaken, NotTaken

Who = Annotated[str, typer.Argument(metavar="WHO", help="Their phone, user id, or #17.")]
Agent = Annotated[str, typer.Option("--agent", help="Who speaks with them: a phone, or #17.")]

handover = typer.Typer(no_args_is_help=True, help="A human takes the bot's place for a while.")


def _do(work: Callable[[Any], Awaitable[str]]) -> None:
    async def program(settings: Settings) -> None:
        async with connection(settings) as db, db.transaction():
            try:
                say(await work(db))
            except (talks.Unknown, AlreadyTaken, NotTaken) as error:
                raise Mendable(str(error)) from error

    go(program, log_level=QUIET)


@handover.command("list")
def list_() -> None:
    """Who is with whom, and until when."""

    async def work(db: Any) -> str:
        return talks.as_text(await talks.find(db))

    _do(work)


@handover.command()
def take(
    who: Who,
    agent: Agent,
    minutes: Annotated[float, typer.Option(min=1, max=1440)] = MINUTES,
) -> None:
    """From now on the bot is silent with them; again makes it longer."""

    async def work(db: Any) -> str:
        until = await talks.take(db, who, agent, minutes)
        return f"They are yours until {until:%H:%M:%S}Z."

    _do(work)


@handover.command("say")
def say_(who: Who, words: str, agent: Agent) -> None:
    """Your own words, to somebody you have taken."""

    async def work(db: Any) -> str:
        await talks.say(db, who, agent, words)
        return "It is on its way."

    _do(work)


@handover.command()
def back(who: Who, agent: Agent) -> None:
    """The bot answers them again, and says what it kept for them."""

    async def work(db: Any) -> str:
        await talks.back(db, who, agent)
        return "The bot answers them again."

    _do(work)
