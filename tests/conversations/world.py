"""Everything a story happens in: the real worker, tables and services over a real database.

Only the rim is played: phones instead of WhatsApp, a till instead of the payment
provider, and a clock that moves when the story says so.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson

from bot import numbers, timers, webhooks
from bot.channels import cloud_in
from bot.channels.address import Address
from bot.channels.channel import Channel, CloudChannel
from bot.channels.cloud_client import CloudClient
from bot.channels.cloud_out import render
from bot.dialog.reply import reply_from
from bot.fetcher import Fetcher
from bot.intake import Intake, Source
from bot.phones import KnownPhones
from bot.replay.tape import NOBODY, Recorder
from bot.timers import InboxFacts
from bot.wakeups import Wakeups
from bot.worker import Worker
from handlers.chat import dialog
from handlers.chat.sentences import apology
from handlers.documents import products
from handlers.documents.receipt import drawn
from services import Services, open_services
from services.ground.facts import Fact
from services.ground.people import Person
from services.ground.recurrence import Recurrence
from services.ground.transaction import Transaction
from services.payments.due import Desk
from services.payments.events import store
from services.receipts import ReceiptMaker
from services.settled import SettledServices
from services.shopping import Kind, NewVoucher
from services.shopping.sheets.job import ImportJob
from tests.conversations.files import Drawer, Lens
from tests.conversations.holdings import Holdings
from tests.conversations.phone import OURS, Phone
from tests.conversations.shop import open_indian_shop, open_second_shop, open_shop
from tests.services.payments.due import run_due

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in Nairobi
FACTS = InboxFacts()
PHONES = KnownPhones()


@dataclass
class Trouble:
    """A call that is to fail, and how often still."""

    service: str
    method: str
    times: int


class _Failing:
    """A service of which one method fails."""

    def __init__(self, service: Any, trouble: Trouble) -> None:
        self._service = service
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        if name == self._trouble.method and self._trouble.times > 0:
            self._trouble.times -= 1
            raise RuntimeError(f"{self._trouble.service}.{name} fails in this story")
        return getattr(self._service, name)


def _phones() -> dict[str, Phone]:
    made = [
        Phone("amina", "Amina Otieno", "12025550101", "US.100000000000001"),
        Phone("ben", "Ben", "12025550102", "US.100000000000002"),
        Phone("zuri", "", None, "US.100000000000003"),
        Phone("salma", "Salma", "12025550108", "US.100000000000008"),
        Phone("juma", "Juma", "12025550109", "US.100000000000009"),
    ]
    return {phone.name: phone for phone in made}


@dataclass
class World(Holdings):
    now: datetime = MORNING
    phones: dict[str, Phone] = field(default_factory=_phones)
    trouble: Trouble | None = None
    drawer: Drawer = field(default_factory=Drawer)
    recorder: Recorder = NOBODY
    providers: tuple[str, ...] = ("stripe", "phonepe")

    async def begin(self) -> None:
        """The number, the shop and its people; nobody has said a word yet."""
        async with self.database.pool.acquire() as db:
            number = await numbers.ensure(db, "cloud", OURS, scope="portfolio", rate=80)
            ids = {name: await self._person(db, number.id, p) for name, p in self.phones.items()}
        self._numbers = {OURS: number}
        self._channel = CloudChannel(cast(CloudClient, None))
        sources = {"cloud": Source(cloud_in.parse, self._numbers)}
        self._intake = Intake(self.database, sources)
        self._worker = Worker(
            self.database,
            dialog,
            {number.id: self._channel},
            self._serve,
            Wakeups(self.database),
            apology=apology,
            clock=lambda: self.now,
            recorder=self.recorder,
        )
        settled = SettledServices(lambda tx: open_services(tx, self.now, FACTS))
        clock = lambda: self.now  # noqa: E731
        self._fetcher = Fetcher(self.database, {number.id: cast(Channel, Lens())}, self.drawer)
        self._desks = {
            name: Desk(self.database.transaction, till, settled, FACTS, clock)
            for name, till in self.tills.items()
        }
        self._receipts = ReceiptMaker(
            self.database.transaction,
            lambda tx: open_services(tx, self.now, FACTS),
            self.drawer,
            drawn,
            FACTS,
            clock,
        )
        self._product_files = ImportJob(
            self.database.transaction,
            lambda tx: open_services(tx, self.now, FACTS).shopping,
            self.drawer,
            products.report,
            FACTS,
            clock,
        )
        self._sent = itertools.count(1)
        self._shown = 0
        async with self.database.transaction() as tx:
            await open_shop(open_services(tx, self.now, FACTS), ids)

    async def _person(self, db: Any, channel_id: int, phone: Phone) -> int:
        """Members exist before they write; everybody else is met when they do."""
        if phone.name not in ("salma", "juma"):
            return 0
        phone.user_id = await db.fetchval(
            "INSERT INTO users (name) VALUES ($1) RETURNING id", phone.profile
        )
        await db.execute(
            "INSERT INTO sessions (user_id, channel_id) VALUES ($1, $2)", phone.user_id, channel_id
        )
        await db.execute(
            """INSERT INTO recipients (channel_id, user_id, address_kind, address)
               VALUES ($1, $2, 'phone', $3)""",
            channel_id,
            phone.user_id,
            f"+{phone.number}",
        )
        await db.execute(
            """INSERT INTO user_identities (user_id, kind, scope, value)
               VALUES ($1, 'phone', '', $2), ($1, 'bsuid', 'portfolio', $3)""",
            phone.user_id,
            f"+{phone.number}",
            phone.bsuid,
        )
        return phone.user_id

    # -- what a story's lines do --------------------------------------------------------

    async def says(self, phone: Phone, words: str) -> None:
        """What a `>` line says."""
        await self.sends(phone, phone.does(words))

    async def sends(self, phone: Phone, message: dict[str, Any]) -> None:
        """A raw Cloud API message arrives and is answered."""
        await self.send_together([(phone, message)])

    async def leaves(self, phone: Phone, message: dict[str, Any]) -> None:
        """A raw Cloud API message arrives, and waits."""
        await self._arrive([(phone, message)])

    async def send_together(self, messages: Sequence[tuple[Phone, dict[str, Any]]]) -> None:
        """Messages arrive, all before the first is answered."""
        await self._arrive(messages)
        await self.settle()

    async def _arrive(self, messages: Sequence[tuple[Phone, dict[str, Any]]]) -> None:
        bodies = [phone.webhook(said, f"wamid.{next(self._sent)}") for phone, said in messages]
        posts = [("cloud", orjson.dumps(body), "story") for body in bodies]
        async with self.database.pool.acquire() as db:
            await webhooks.store(db, posts)
            await self._intake.take()
            await db.execute("UPDATE inbox SET received_at = $1 WHERE state = 'waiting'", self.now)
            for phone, _ in messages:
                phone.user_id = phone.user_id or await db.fetchval(
                    "SELECT user_id FROM user_identities WHERE kind = 'bsuid' AND value = $1",
                    phone.bsuid,
                )

    async def announce(self, facts: Iterable[Fact]) -> None:
        async with self.database.transaction() as tx:
            for fact in facts:
                await FACTS.announce(tx, fact)
        await self.settle()

    async def pays(self, what: str, state: str) -> None:
        """Something happens at the provider to the newest link of an order (its number), or of
        any top-up."""
        async with self.database.transaction() as tx:
            payment = await self._row(
                """SELECT p.uuid, p.method FROM payments p LEFT JOIN orders o
                   ON p.service_type = 'order' AND p.service_id = o.id
                   WHERE CASE p.service_type WHEN 'order' THEN o.order_number::text
                         ELSE 'top-up' END = $1
                   ORDER BY p.id DESC LIMIT 1""",
                what,
            )
            told = self.tills[payment["method"]].happens(payment["uuid"], state)
            await store(tx, told, self.now)
        await self.settle()

    async def pays_something(self, phone: Phone) -> None:
        """The person pays their newest link, whatever became of the order meanwhile."""
        number = await self.value(
            """SELECT o.order_number FROM orders o JOIN payments p
               ON p.service_type = 'order' AND p.service_id = o.id
               WHERE o.user_id = $1 AND p.provider_session IS NOT NULL
               ORDER BY p.id DESC LIMIT 1""",
            phone.user_id,
        )
        if number is not None:
            await self.pays(number, "paid")

    async def later(self, by: timedelta) -> None:
        """The clock moves, and everything that was due meanwhile happens."""
        self.now += by
        for till in self.tills.values():
            till.lapse(self.now)
        async with self.database.transaction() as tx:
            await open_services(tx, self.now, FACTS).shopping.expire_unpaid_orders()
        async with self.database.transaction() as tx:
            await open_services(tx, self.now, FACTS).shopping.tell_waiting()
        async with self.database.pool.acquire() as db:
            again = await db.fetch(
                "SELECT id, rule, starts, zone FROM timers WHERE due_at <= $1 AND rule IS NOT NULL",
                self.now,
            )
            await db.execute("UPDATE timers SET due_at = now() WHERE due_at <= $1", self.now)
            await timers.fire(db)
            for row in again:  # by the clock of the story, not by ours
                following = Recurrence(row["rule"], row["starts"], row["zone"]).after(self.now)
                await db.execute(
                    "UPDATE timers SET due_at = $2, starts = $3 WHERE id = $1",
                    row["id"],
                    following.at if following else None,
                    row["starts"],
                )
        await self.settle()

    async def pass_minutes(self, minutes: int) -> None:
        await self.later(timedelta(minutes=minutes))

    async def settle(self) -> None:
        """Turns, payments and their facts, until nothing moves any more."""
        moved = True
        while moved:
            moved = bool(await run_due(self._desks))
            moved |= await self._turns()
            moved |= bool(await self._fetcher.step()) | bool(await self._receipts.step())
            moved |= bool(await self._product_files.step())
        await self._deliver()

    async def _turns(self) -> bool:
        busy = False
        while await self._worker.take_turns():
            busy = True
        async with self.database.pool.acquire() as db:
            again = await db.fetch(
                """UPDATE inbox SET due_at = now() WHERE state = 'waiting' AND due_at > now()
                   RETURNING id"""
            )
        return busy or bool(again)

    async def _deliver(self) -> None:
        """Show what was said on the phones it was said to."""
        async with self.database.pool.acquire() as db:
            rows = await db.fetch(
                "SELECT id, user_id, content::text FROM outbox WHERE id > $1 ORDER BY id",
                self._shown,
            )
        await self._met()
        by_id = {phone.user_id: phone for phone in self.phones.values() if phone.user_id}
        for row in rows:
            phone = by_id[row["user_id"]]
            to = Address(phone=f"+{phone.number}") if phone.number else Address(bsuid=phone.bsuid)
            reply = reply_from(row["content"]).at("https://shop.example")
            phone.shows(render(reply, to=to, ours=row["id"]))
            self._shown = row["id"]

    async def _met(self) -> None:
        """Who was written to before they ever wrote is known by their number."""
        for phone in self.phones.values():
            phone.user_id = phone.user_id or await self.value(
                "SELECT user_id FROM user_identities WHERE kind = 'phone' AND value = $1",
                f"+{phone.number}",
            )

    def _serve(self, tx: Transaction, person: Person, now: datetime) -> Services:
        do = open_services(tx, now, FACTS, person, providers=self.providers, phones=PHONES)
        if (trouble := self.trouble) is None:
            return do
        failing = _Failing(getattr(do, trouble.service), trouble)
        fields = {name: getattr(do, name) for name in Services.__slots__}
        return Services(**fields | {trouble.service: failing})

    # -- what the world is made to hold ---------------------------------------------------

    async def changes(self, words: str) -> None:
        """`* price FLOUR 195`, `* stock RICE-1 1`, `* gone FLOUR`, `* limit duka-la-mfano 300`:
        somebody changes the shop; `* restock OIL-1 5`: as its people do it."""
        what, name, *rest = words.split()
        if what == "restock":
            await self._restock(name, int(rest[0]))
            return
        statement, values = {
            "price": (
                "UPDATE products SET price = $2 WHERE sku = $1",
                [int(v) * 100 for v in rest],
            ),
            "stock": (
                """UPDATE stock SET quantity = greatest(allocated, $2) FROM product_variants v
                   WHERE v.id = variant_id AND v.sku = $1""",
                [int(v) for v in rest],
            ),
            "gone": ("UPDATE products SET is_active = false WHERE sku = $1", []),
            "back": ("UPDATE products SET is_active = true WHERE sku = $1", []),
            "transfers": (
                """UPDATE shops SET transfer_to = 'Mfano Bank, account 00112233' FROM businesses b
                   WHERE b.id = business_id AND b.slug = $1""",
                [],
            ),
            "limit": (
                "UPDATE businesses SET refund_limit = $2 WHERE slug = $1",
                [int(v) * 100 for v in rest],
            ),
        }[what]
        async with self.database.pool.acquire() as db:
            await db.execute(statement, name, *values)

    async def makes_voucher(self, code: str, kind: str, *words: str) -> None:
        """`* voucher KARIBU percent 10 minimum 300 uses 1 each 2 from 24 until 48`, the last two
        in hours from now; `fixed 50`, `delivery`; `* voucher KARIBU off`. Amounts are shillings.
        `KARIBU@namuna-kirana` is of that shop."""
        salma = self.phones["salma"].user_id
        value = words[0] if kind in ("fixed", "percent") else None
        terms = dict(
            zip(words[bool(value) :: 2], map(int, words[bool(value) + 1 :: 2]), strict=True)
        )
        async with self.database.transaction() as tx:
            do = open_services(tx, self.now, FACTS)
            code, _, shop = code.partition("@")
            business = (await do.businesses.by_slug(shop or "duka-la-mfano")).id
            if kind == "off":
                page = await do.shopping.vouchers(salma, business)
                found = next(one for one in page.items if one.code == code)
                await do.shopping.switch_voucher(salma, found.id, on=False)
                return
            new = NewVoucher(
                code,
                Kind(kind),
                amount=int(value or 0) * 100 if kind == "fixed" else None,
                basis_points=int(value or 0) * 100 if kind == "percent" else None,
                minimum=terms.get("minimum", 0) * 100,
                starts_at=self._hence(terms.get("from")),
                ends_at=self._hence(terms.get("until")),
                max_uses=terms.get("uses"),
                max_per_person=terms.get("each", 1),
            )
            await do.shopping.make_voucher(salma, business, new)

    def _hence(self, hours: int | None) -> datetime | None:
        return None if hours is None else self.now + timedelta(hours=hours)

    async def _restock(self, sku: str, quantity: int) -> None:
        async with self.database.transaction() as tx:
            shopping = open_services(tx, self.now, FACTS).shopping
            await shopping.set_stock(self.phones["salma"].user_id, sku, quantity)
        await self.settle()

    async def decides(self, words: str) -> None:
        """`* operator approves SLUG`, `* operator refuses SLUG REASON`."""
        decision, slug, *reason = words.split(" ", 2)
        async with self.database.transaction() as tx:
            businesses = open_services(tx, self.now, FACTS).businesses
            if decision == "approves":
                await businesses.approve(slug, "operator")
            else:
                await businesses.refuse(slug, "operator", *reason)
        await self.settle()

    async def opens_in_india(self) -> None:
        """Beside the one shop there is another, which sells in rupees."""
        async with self.database.transaction() as tx:
            owner = self.phones["salma"].user_id
            await open_indian_shop(open_services(tx, self.now, FACTS), owner)

    async def opens_second(self) -> None:
        """Beside the one shop there is another, of Juma's."""
        async with self.database.transaction() as tx:
            owner = self.phones["juma"].user_id
            await open_second_shop(open_services(tx, self.now, FACTS), owner)

    async def forgets(self, phone: Phone, state: dict[str, Any]) -> None:
        """A stored session is replaced, as another release might have left it."""
        async with self.database.pool.acquire() as db:
            await db.execute(
                "UPDATE sessions SET state = $2::text::jsonb WHERE user_id = $1",
                phone.user_id,
                orjson.dumps(state).decode(),
            )
