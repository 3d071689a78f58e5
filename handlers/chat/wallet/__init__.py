"""The wallet: what is in it, putting money in, and hearing that it came."""

from bot.dialog import Action, Notice, Step
from handlers.chat.wallet import contents, shortcuts, topping_up, words
from handlers.chat.wallet.shortcuts import is_phrase
from services.ground.facts import Fact
from services.wallet.facts import ToppedUp

__all__ = ["ACTIONS", "NOTICES", "SHORTCUTS", "STEPS", "is_phrase"]

NOTICES: dict[type[Fact], Notice] = {ToppedUp: words.topped_up}
ACTIONS: dict[str, Action] = {"wallet": contents.show_it, "top-up-again": topping_up.again}
SHORTCUTS = (shortcuts.by_words,)
STEPS: list[type[Step]] = [contents.OpenWallet, topping_up.HowMuch, topping_up.AwaitTopUp]
