"""The story of a message, told from its rows: whole, in order, and without anybody's words."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from bot import inbox, statuses, webhooks
from bot.commands.explain import explain
from bot.database.connections import Database
from bot.desk import Desk
from bot.dialog.reply import Reply
from bot.inbox import Closed
from bot.outbox import Mark, State
from tests.commands import rows
from tests.commands.rows import NAME, PHONE, WORDS
from tests.replay.studio import PURCHASE, bought


async def told(database: Database, what: str, *, with_words: bool = False, last: int = 5) -> str:
    async with database.pool.acquire() as db:
        report = await explain(db, what, last=last, with_words=with_words, json=False)
    assert report is not None
    return report


@pytest.fixture
async def answered(database: Database) -> tuple[int, int]:
    """A message, its turn, its bubble, delivered: (inbox id, outbox id)."""
    message = await rows.message(database, "wamid.in1", "abc123")
    async with database.pool.acquire() as db:
        await Desk(closed=[Closed(message, None, "home.menu", "shopping.shelves")]).write(db)
    bubble = await rows.bubble(database, message, Reply("the reply's words").json(), "abc123")
    await rows.sent(database, bubble, "wamid.out1")
    arrived = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    ours = await rows.number(database)
    async with database.pool.acquire() as db:
        await statuses.apply(
            db, [(ours.id, rows.status("wamid.out1", "delivered", arrived, bubble))]
        )
    return message, bubble


async def test_the_whole_way_is_told_in_order(
    database: Database, answered: tuple[int, int]
) -> None:
    message, bubble = answered
    report = await told(database, "wamid.in1")
    order = [
        f"in:{message}  text of person",
        "received",
        "correlation abc123",
        "sent at 09:00:00Z by their clock",
        "home.menu → shopping.shelves",
        f"out:{bubble} reply",
        "as wamid.out1",
        "delivered",
    ]
    places = [report.index(words) for words in order]
    assert places == sorted(places)


async def test_the_files_of_a_message_are_told_by_kind_size_and_end(
    database: Database, answered: tuple[int, int]
) -> None:
    message, _ = answered
    async with database.pool.acquire() as db:
        await db.execute(
            """INSERT INTO attachments (inbox_id, user_id, channel_id, kind, media_id, url,
                   claimed_type, filename, state, reason, mime_type, size, file_key, attempts,
                   done_at)
               SELECT i.id, i.user_id, i.channel_id, f.*, now() + interval '2 s'
               FROM inbox i, (VALUES
                   ('image', 'm1', '', 'image/jpeg', '', 'wanted', NULL, NULL, 0, NULL, 0),
                   ('voice', 'm2', '', 'x/y', 'secret.ogg', 'stored', NULL, 'audio/ogg', 512, 'k',
                    1),
                   ('image', 'm3', '', 'image/png', '', 'failed', 'expired', NULL, NULL, NULL, 3),
                   ('video', 'm4', '', 'x/y', '', 'erased', NULL, 'video/mp4', 99, NULL, 1)
               ) AS f WHERE i.id = $1""",
            message,
        )
        report = await told(database, "wamid.in1")
        json = await explain(db, "wamid.in1", last=5, with_words=False, json=True)
    for words in (
        "image, says it is image/jpeg",
        "to be fetched",
        "voice, audio/ogg",
        "512 bytes",
        "image, says it is image/png",
        "expired (try 3)",
        "video, video/mp4",
        "erased since",
    ):
        assert words in report
    assert "secret" not in report + str(json)
    [story] = orjson.loads(json or "")["messages"]
    assert [file["state"] for file in story["files"]] == ["wanted", "stored", "failed", "erased"]


async def test_it_is_found_by_whatever_one_knows_of_it(
    database: Database, answered: tuple[int, int]
) -> None:
    message, bubble = answered
    names = [str(message), f"in:{message}", f"out:{bubble}", "wamid.out1", "abc123", PHONE]
    names.append("1 (202) 555-0142")
    reports = {await told(database, name) for name in names}
    assert len(reports) == 1


async def test_words_are_shown_only_when_asked_for(
    database: Database, answered: tuple[int, int]
) -> None:
    silent = await told(database, PHONE)
    assert not [secret for secret in (WORDS, NAME, PHONE, "reply's words") if secret in silent]
    open_ = await told(database, PHONE, with_words=True)
    assert f"“{WORDS}”" in open_
    assert "“the reply's words”" in open_


async def test_json_tells_the_same_without_words(
    database: Database, answered: tuple[int, int]
) -> None:
    message, bubble = answered
    async with database.pool.acquire() as db:
        report = await explain(db, str(message), last=5, with_words=False, json=True)
    assert report is not None
    assert WORDS not in report
    [one] = orjson.loads(report)["messages"]
    assert (one["step_before"], one["step_after"]) == ("home.menu", "shopping.shelves")
    assert [each["id"] for each in one["bubbles"]] == [bubble]
    assert one["bubbles"][0]["state"] == "delivered"


async def test_a_failure_is_named_without_what_it_quotes(database: Database) -> None:
    message = await rows.message(database, "wamid.in2", "def456")
    async with database.pool.acquire() as db:
        await inbox.park(db, message, f"ValueError: invalid literal: '{WORDS}'")
    report = await told(database, str(message))
    assert "parked: ValueError: …" in report
    assert f"parked retry {message}" in report
    assert WORDS in await told(database, str(message), with_words=True)


async def test_a_person_s_last_messages_are_told_oldest_first(database: Database) -> None:
    ids = [await rows.message(database, f"wamid.{n}", f"c{n}") for n in range(4)]
    report = await told(database, PHONE, last=3)
    heads = [line.split()[0] for line in report.splitlines() if line.startswith("in:")]
    assert heads == [f"in:{id_}" for id_ in ids[1:]]


async def test_a_status_before_its_message_is_told_too(database: Database) -> None:
    message = await rows.message(database, "wamid.in3", "aaa111")
    bubble = await rows.bubble(database, message, Reply("hi").json(), "aaa111")
    ours = await rows.number(database)
    async with database.pool.acquire() as db:
        await statuses.apply(db, [(ours.id, rows.status("wamid.early", "read", datetime.now(UTC)))])
    await rows.sent(database, bubble, "wamid.early")
    assert "statuses not applied yet: read" in await told(database, f"out:{bubble}")


async def test_nothing_of_that_name_is_none(database: Database) -> None:
    async with database.pool.acquire() as db:
        for name in ("999", "out:5", "wamid.nobody", "+12025550199", "in:99999999999999999999"):
            assert await explain(db, name, last=5, with_words=False, json=False) is None


async def test_a_webhook_that_is_not_taken_apart_is_told(database: Database) -> None:
    async with database.pool.acquire() as db:
        await webhooks.store(db, [("cloud", b"secret", "fedcba"), ("cloud", b"secret", "abcdef")])
        await webhooks.set_aside(db, 2, "KeyError")
    assert "waits to be taken apart" in await told(database, "fedcba")
    report = await told(database, "abcdef")
    assert "cannot be taken apart by this release: KeyError" in report
    assert "parked webhooks --retry" in report
    assert "secret" not in report


async def test_the_rule_that_decided_is_told(database: Database) -> None:
    message = await rows.message(database, "wamid.in4", "bbb222")
    async with database.pool.acquire() as db:
        await Desk(closed=[Closed(message, "double tap", "home.menu", "home.menu")]).write(db)
    bubble = await rows.bubble(database, message, Reply("hi").json(), "bbb222")
    await rows.mark(database, Mark(bubble, State.SKIPPED, reason="window closed"))
    report = await told(database, str(message))
    assert "rule: the same button again within 10 seconds counts once" in report
    assert "skipped: window closed" in report
    assert "rule: they wrote last more than 24 hours before" in report
    assert "kept once: another with this id" in report


async def test_the_session_before_and_after_is_told_of_a_recorded_turn(database: Database) -> None:
    await bought(database, PURCHASE[:2])
    async with database.pool.acquire() as db:
        silent = await explain(db, "wamid.2", last=5, with_words=False, json=False)
        open_ = await explain(db, "wamid.2", last=5, with_words=True, json=False)
        json = await explain(db, "wamid.2", last=5, with_words=False, json=True)
    assert silent and open_ and json
    assert "session before: home.menu" in silent
    assert "session after: home.menu › shopping.shelves" in silent
    assert "replay 2 --dry-run" in silent
    assert "business_id" not in silent
    assert "business_id" in open_
    [one] = orjson.loads(json)["messages"]
    assert one["session_after"] == ["home.menu", "shopping.shelves"]


async def test_many_may_ask_at_once(database: Database, answered: tuple[int, int]) -> None:
    reports = await asyncio.gather(*(told(database, PHONE) for _ in range(8)))
    assert len(set(reports)) == 1
