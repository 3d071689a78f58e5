"""The outside world in one value: add its routes to a server, start it, and it plays phones and
payments.

It speaks to the product over HTTP alone: webhooks out, the Cloud API and the APIs of payment
providers in.
"""

from itertools import chain

from aiohttp import web

from bot.simulator.cloud import CloudApi
from bot.simulator.config import SimulatorConfig
from bot.simulator.media_api import MediaApi
from bot.simulator.memory import Memory, compacted, seed
from bot.simulator.page_files import PageFiles
from bot.simulator.payments.account import Account
from bot.simulator.payments.checkout import Checkout
from bot.simulator.payments.mpesa_account import MPesaAccount
from bot.simulator.payments.mpesa_api import MPesaApi
from bot.simulator.payments.mpesa_page import MPesaPage
from bot.simulator.payments.phonepe_account import PhonePeAccount
from bot.simulator.payments.phonepe_api import PhonePeApi
from bot.simulator.payments.phonepe_page import PhonePePage
from bot.simulator.payments.stripe_api import StripeApi
from bot.simulator.scripting import LookInside, Scripting
from bot.simulator.speech import Speech
from bot.simulator.updates import Update
from bot.simulator.world import World


class Simulator:
    """An emulator of the Cloud API and of payment providers, with phones to look at and script."""

    def __init__(self, config: SimulatorConfig, look_inside: LookInside | None = None) -> None:
        self._world = World(config)
        self._account = Account(self._world)
        self._stripe = StripeApi(self._world, self._account)
        self._phonepe = PhonePeAccount(self._world)
        self._mpesa = MPesaAccount(self._world)
        cloud = CloudApi(self._world)
        self._routes = [
            *cloud.routes(),
            *MediaApi(self._world, cloud).routes(),
            *Scripting(self._world, Speech(self._world), look_inside).routes(),
            *Checkout(self._world, self._account).routes(),
            *self._stripe.routes(),
            *PhonePePage(self._world, self._phonepe).routes(),
            *PhonePeApi(self._world, self._phonepe).routes(),
            *MPesaPage(self._world, self._mpesa).routes(),
            *MPesaApi(self._world, self._mpesa).routes(),
            *PageFiles().routes(),
        ]

    def add_routes(self, app: web.Application) -> None:
        """Mount everything; open streams end when the app shuts down."""
        app.router.add_routes(self._routes)
        app.on_shutdown.append(self._end_streams)

    async def start(self) -> None:
        """Remember what the journal holds, bring in the demo's people, deliver what is still
        owed.
        """
        pending = self._wake()
        self._world.journal.open()
        seed(self._world)
        for update in pending:
            self._world.delivery.send(update)
        await self._world.delivery.start()
        self._take_up_statuses()

    async def stop(self) -> None:
        """Stop delivering and close the journal; nothing is lost."""
        self._world.close()
        await self._world.delivery.stop()
        self._world.journal.close()

    def _wake(self) -> list[Update]:
        """Read the journal, and make it short when it has grown long."""
        memory = Memory(self._world)
        memory.also(self._account.restorers(memory.expect))
        memory.also({"answered": self._stripe.restore_answer})
        memory.also(self._phonepe.restorers(memory.expect))
        memory.also(self._mpesa.restorers(memory.expect))
        pending = memory.wake()
        self._account.woken({update.key for update in pending})
        self._phonepe.woken()
        self._mpesa.woken()
        if self._world.journal.wants_compacting and not pending:
            payments = self._account.records() + self._stripe.records()
            payments += self._phonepe.records() + self._mpesa.records()
            self._world.journal.rewrite(chain(compacted(self._world), payments))
        return pending

    async def _end_streams(self, _: web.Application) -> None:
        self._world.close()

    def _take_up_statuses(self) -> None:
        for person in self._world.crowd:
            for bubble in person.bubbles:
                if not bubble.by_person and bubble.status in {"accepted", "sent"}:
                    self._world.let_statuses_follow(person, bubble)
