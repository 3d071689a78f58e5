"""What a process opens at its start: the database, our numbers, and those who are paid through."""

import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import aiohttp

from bot import numbers
from bot.channels.channel import Channel, CloudChannel, GreenChannel
from bot.channels.cloud_client import CloudClient
from bot.channels.green_client import GreenClient
from bot.database.connections import Database, connect
from bot.files import FolderFiles
from bot.numbers import Number
from bot.phones import KnownPhones
from bot.settings import Settings
from bot.timers import InboxFacts
from bot.uploads import OwnFile, Uploads
from bot.wakeups import Wakeups
from handlers.pages import pictures
from handlers.pages.files import file_at
from services import Services, open_services
from services.ground.people import PLATFORM, Person
from services.ground.transaction import Transaction
from services.payments import mpesa, phonepe
from services.payments.provider import Provider
from services.payments.stripe import Stripe

FACTS = InboxFacts()
PHONES = KnownPhones()
GREEN_RATE = 50  # messages per second and instance (providers.md A)


@dataclass(frozen=True, slots=True)
class Line:
    """A number of ours, and how to speak on it; `uploads` where it is given our files."""

    number: Number
    channel: Channel
    uploads: Uploads | None = None


@dataclass(frozen=True)
class Parts:
    """What the roles of one process share."""

    settings: Settings
    database: Database
    wakeups: Wakeups
    lines: tuple[Line, ...]
    providers: tuple[Provider, ...]

    @property
    def channels(self) -> dict[int, Channel]:
        """How to speak on each number, by its id."""
        return {line.number.id: line.channel for line in self.lines}

    @property
    def files(self) -> FolderFiles:
        return _files(self.settings)

    def numbers(self, kind: str) -> dict[str, Number]:
        """The numbers of one kind, by the provider's address."""
        mine = [line.number for line in self.lines if line.number.kind == kind]
        return {number.address: number for number in mine}


def serve(
    providers: Collection[str], brand: str, tx: Transaction, person: Person, now: datetime
) -> Services:
    """The services, as one person's turn has them."""
    return open_services(tx, now, FACTS, person, brand, providers, PHONES)


def platform(tx: Transaction) -> Services:
    """The services, as what happens by itself has them."""
    return open_services(tx, datetime.now(UTC), FACTS, PLATFORM)


@contextlib.asynccontextmanager
async def parts(settings: Settings, url: str) -> AsyncIterator[Parts]:
    """Everything opened, and closed again at the end."""
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(url)
        stack.push_async_callback(database.close)
        wakeups = Wakeups(database)
        await wakeups.start()
        stack.push_async_callback(wakeups.stop)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        no_cookies = aiohttp.DummyCookieJar()  # a provider's are of no use, and each costs a look
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, cookie_jar=no_cookies)
        )
        lines = await _lines(settings, database, http)
        stripe = _stripe(settings)
        if stripe is not None:
            stack.push_async_callback(stripe.aclose)
        paid_through = (stripe, _phonepe(settings, http), _mpesa(settings, http))
        providers = tuple(one for one in paid_through if one is not None)
        yield Parts(settings, database, wakeups, lines, providers)


async def _lines(
    settings: Settings, database: Database, http: aiohttp.ClientSession
) -> tuple[Line, ...]:
    """The configured numbers, each with its row and its client."""
    lines: list[Line] = []
    own_file = partial(_own_file, _files(settings))
    async with database.pool.acquire() as db:
        if settings.whatsapp_access_token and (address := settings.whatsapp_phone_number_id):
            scope = settings.whatsapp_business_account_id or address
            rate = settings.whatsapp_messages_per_second
            number = await numbers.ensure(db, "cloud", address, scope, rate)
            client = CloudClient(
                http,
                str(settings.whatsapp_api_url),
                settings.whatsapp_api_version,
                settings.whatsapp_access_token,
                address,
            )
            uploads = Uploads(database, number.id, client, own_file)
            given = uploads if settings.uploads_media else None
            lines.append(Line(number, CloudChannel(client), given))
        if settings.green_api_token and (instance := settings.green_api_instance_id):
            number = await numbers.ensure(db, "greenapi", instance, instance, GREEN_RATE)
            green = GreenClient(
                http,
                str(settings.green_api_url),
                instance,
                settings.green_api_token,
                str(settings.green_api_media_url),
            )
            uploads = Uploads(database, number.id, green, own_file)
            given = uploads if settings.uploads_media else None
            lines.append(Line(number, GreenChannel(green), given))
    return tuple(lines)


def _files(settings: Settings) -> FolderFiles:
    return FolderFiles(settings.data_dir / "files")


def _own_file(files: FolderFiles, path: str) -> OwnFile | None:
    """What is ours by its path: a picture of what is sold, or what somebody sent."""
    return pictures.file_at(path) or file_at(files, path)


def _stripe(settings: Settings) -> Stripe | None:
    if settings.stripe_secret_key is None:
        return None
    back = _back(settings)
    return Stripe(
        key=settings.stripe_secret_key,
        secrets=settings.stripe_webhook_secret,
        success_url=back,
        cancel_url=back,
        api_url=str(settings.stripe_api_url),
    )


def _phonepe(settings: Settings, http: aiohttp.ClientSession) -> phonepe.PhonePe | None:
    if settings.phonepe_client_id is None:
        return None
    salt_key = settings.phonepe_salt_key
    keys = phonepe.Keys(
        settings.phonepe_client_id,
        settings.phonepe_client_secret or "",
        settings.phonepe_client_version,
        settings.phonepe_webhook_credentials,
        (salt_key, settings.phonepe_salt_index) if salt_key else None,
    )
    return phonepe.PhonePe(
        http,
        keys,
        return_url=_back(settings),
        api_url=str(settings.phonepe_api_url),
        auth_url=str(settings.phonepe_auth_url),
    )


def _mpesa(settings: Settings, http: aiohttp.ClientSession) -> mpesa.MPesa | None:
    if settings.mpesa_consumer_key is None:
        return None
    keys = mpesa.Keys(
        settings.mpesa_consumer_key,
        settings.mpesa_consumer_secret or "",
        settings.mpesa_shortcode or "",
        settings.mpesa_passkey or "",
        settings.mpesa_till,
        settings.mpesa_callback_secret,
    )
    callbacks = f"{settings.public_address}/webhooks/mpesa"
    return mpesa.MPesa(http, keys, callbacks=callbacks, api_url=str(settings.mpesa_api_url))


def _back(settings: Settings) -> str:
    """Where the browser goes after a payment page."""
    return f"{settings.public_address}/paid"
