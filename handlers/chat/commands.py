"""Words that work from every step, in every language offered, as a whole message."""

from bot.dialog import Again, Back, Command, Done, Go, Next, Said, Step
from bot.language import _, in_every_language
from handlers.chat import home, question
from handlers.chat.phrases import phrases, plain
from services import Services


async def menu(step: Step, said: Said, do: Services) -> Next:
    return Go(home.Menu())


async def back(step: Step, said: Said, do: Services) -> Next:
    return Back()


async def cancel(step: Step, said: Said, do: Services) -> Next:
    if step == home.Menu():
        return Again(_("There is nothing to cancel."), quietly=True)
    return Done(_("All right, let us leave that. Your cart stays as it is."))


async def help_(step: Step, said: Said, do: Services) -> Next:
    return Again(
        _(
            "Tap a button, or type its number or name: both work.\n"
            "*menu* everything I can do\n"
            "*back* one step back\n"
            "*cancel* leave what we are doing\n"
            "*cart*, *checkout*, *orders* go straight there\n"
            "*track 1042* where an order is\n"
            "*2x maize flour* into the cart at once\n"
            "*voucher KARIBU* uses a voucher\n"
            "*wallet* what you have with us, *top up 500* puts money in\n"
            "*sell* open a shop of your own\n"
            "*language* speak another language\n"
            "*agent* ask a person\n"
            "*my addresses* where we bring things\n"
            "*news* hear of our offers, also when you are away\n"
            "*stop* no more offers from us, *start* offers again"
        )
    )


async def language(step: Step, said: Said, do: Services) -> Next:
    return home.ChooseLanguage()


async def agent(step: Step, said: Said, do: Services) -> Next:
    return await question.begin(do)


async def stop(step: Step, said: Said, do: Services) -> Next:
    if await do.people.stop_marketing(do.me.id, said.text):
        said_ = _(
            "Done: no more offers from us. Answers and news of your orders still come. "
            "Type *start* if you change your mind."
        )
    else:
        said_ = _("You get no offers from us already.")
    return Again(said_, quietly=True)


async def start(step: Step, said: Said, do: Services) -> Next:
    if await do.people.start_marketing(do.me.id, said.text):
        return Again(_("Welcome back: you hear of our offers again."), quietly=True)
    return Go(home.Menu(), home.hello(do))


def _table() -> dict[str, Command]:
    spoken: dict[Command, frozenset[str]] = {
        menu: phrases(in_every_language("menu, main menu, home")),
        back: phrases(in_every_language("back, go back, undo")),
        cancel: phrases(in_every_language("cancel, quit, exit")),
        help_: phrases(in_every_language("help, ?, how does this work")),
        language: phrases(in_every_language("language, languages, change language")),
        agent: phrases(in_every_language("agent, person, human, talk to a person, call me")),
        stop: phrases(in_every_language("stop, unsubscribe, stop messages")),
        start: phrases(in_every_language("start, subscribe, unstop")),
    }
    return {phrase: command for command, known in spoken.items() for phrase in known if phrase}


COMMANDS = _table()


def command(text: str) -> Command | None:
    """The command that a whole message is, in any language."""
    return COMMANDS.get(plain(text)) if len(text) <= 40 else None
