"""Whatever people tap, type or send, in whatever order: no turn fails, every session loads."""

import asyncio
import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.database.connections import connect
from handlers.chat import dialog
from handlers.chat.commands import COMMANDS
from handlers.chat.shopping.shortcuts import _PLACES
from tests.conversations.phone import Phone
from tests.conversations.world import World

WORDS = (
    *sorted(COMMANDS), *sorted(_PLACES), "hi", "yes", "no", "1", "2", "3", "10", "0", "two",
    "maize flour", "rice", "2x rice", "99 x tea", "kitenge", "red m", "track 1042", "order 9",
    "Mfano Road 5", "https://carrier.example/1", "😀", "\u0000", " ", "-1", "١٢", "x" * 700,
    "¾ am", "\u0327 rice", "it's \\ '", "%_%", "ŉ",
)  # fmt: skip
THINGS = (
    "(photo a.jpg)", "(voice)", "(sticker)", "(location -1.29,36.82)", "(contact Ann)", "(poll)",
    "(cart FLOUR-2 × 2, NOPE × 1)", "(edits rice)", "(deletes)", "(reacts 👍)", "(calls)",
)  # fmt: skip
IDS = (
    "",
    "more:9",
    "more:99999999999",
    "add:1:1:999999999999",
    "product:0",
    "zone:7",
    "x:y",
    "yes",
)

typed = st.sampled_from(WORDS) | st.text(max_size=40).filter(lambda words: words.strip())
tapped = st.integers(0, 60).map(lambda back: ("tap", back))
forged = st.tuples(
    st.just("forge"),
    st.sampled_from([cls.tag for cls in dialog.steps] + [f"!{tag}" for tag in dialog.actions]),
    st.sampled_from(IDS),
)
passing = st.sampled_from([("minutes", 1), ("minutes", 50), ("minutes", 3000)])
changing = st.sampled_from(
    [("shop", "stock RICE-1 1"), ("shop", "stock RICE-1 0"), ("shop", "stock RICE-1 5"),
     ("shop", "price FLOUR 190"), ("shop", "price FLOUR 150"), ("shop", "gone RICE"),
     ("shop", "back RICE"), ("pays", "")]
)  # fmt: skip
acts = st.lists(
    st.one_of(tapped, tapped, tapped, typed, st.sampled_from(THINGS), forged, passing, changing),
    min_size=5,
    max_size=25,
)


def test_no_turn_fails(database_url: str) -> None:
    """Each example is another person in one and the same shop; a member takes part in some."""
    numbers = itertools.count(1)
    with asyncio.Runner() as runner:
        database = runner.run(_open(database_url))
        world = World(database)
        runner.run(world.begin())

        @settings(
            max_examples=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(acts, st.booleans())
        def somebody_does(done: list[object], is_member: bool) -> None:
            name = "salma" if is_member else f"somebody-{next(numbers)}"
            runner.run(_live(world, name, done))

        somebody_does()
        runner.run(database.close())


async def _open(url: str):  # type: ignore[no-untyped-def]
    return await connect(url, connections=4)


async def _live(world: World, name: str, done: list[object]) -> None:
    number = f"1202555{1000 + len(world.phones)}"
    phone = world.phones.setdefault(name, Phone(name, name, number, f"US.9{number}"))
    await world.says(phone, "hi")
    for what in done:
        await _do(world, phone, what)
        await _all_is_well(world, phone, what)


async def _do(world: World, phone: Phone, what: object) -> None:
    match what:
        case ("tap", int(back)):
            taps = [tap for bubble in phone.seen for tap in bubble.taps.values()]
            await world.sends(phone, taps[-1 - back % len(taps)])
        case ("forge", str(tag), str(choice)):
            id_ = f"{tag}:{choice}" if tag.startswith("!") else f"{tag}|99999|{choice}"
            reply = {"type": "button_reply", "button_reply": {"id": id_, "title": "?"}}
            await world.sends(phone, {"type": "interactive", "interactive": reply})
        case ("minutes", int(minutes)):
            await world.pass_minutes(minutes)
        case ("shop", str(change)):
            await world.changes(change)
        case ("pays", _):
            await world.pays_something(phone)
        case str(words):
            await world.says(phone, words)


async def _all_is_well(world: World, phone: Phone, what: object) -> None:
    failed = await world.value("SELECT reason FROM inbox WHERE attempts > 0 LIMIT 1")
    assert failed is None, (what, failed)
    assert await world.value("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 0
    state = await world.state(phone)
    assert dialog.dump(dialog.load(state)) == state
