"""Files people send: fetched after the turn that wants them, checked, kept once, told once."""

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import asyncpg
import pytest

from bot import attachments, handover
from bot.attachments import PAUSES
from bot.channels.channel import Channel, CloudChannel
from bot.channels.cloud_client import CloudClient
from bot.channels.media import Download, MediaUnreachable
from bot.dialog import Again, Next, Reply, Said, Silence, Words
from bot.dialog.said import Attachment
from bot.fetcher import Fetcher
from bot.files import FolderFiles
from bot.observe.metrics import FILES
from services import Services
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed
from tests.engine.house import (
    DIALOG,
    NUMBER_ID,
    TOKEN,
    Home,
    House,
    effect,
    eventually,
    now,
    phone,
)
from tests.engine.outside import Outside

AMINA = phone(101)
PICTURE = b"\xff\xd8\xff\xe0 a picture"


class Album(Home):
    """Takes pictures, and hears when they have come."""

    tag: ClassVar[str] = "test.album"
    takes: ClassVar[frozenset[str]] = frozenset({"image", "document"})

    async def ask(self, do: Services) -> Words:
        return Reply("Which picture?")

    async def answer(self, said: Said, do: Services) -> Next:
        await effect(do, f"waits for {len(said.files)}")
        return Again(f"file {[file.file_id > 0 for file in said.files]}", quietly=True)

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case FileCame():
                await effect(do, f"came {fact.file_key} {fact.name}")
            case FileFailed():
                await effect(do, f"failed {fact.why}")
            case _:
                return None
        return Silence("heard")


async def _nothing(fact: Any, do: Services) -> Words:
    return ""


TAKING = replace(
    DIALOG,
    home=Album(),
    steps=[Home, Album],
    notices={**DIALOG.notices, FileCame: _nothing, FileFailed: _nothing},
)


async def settle(house: House) -> None:
    await house.settle(house.worker(dialog=TAKING))


async def sends(outside: Outside, content: bytes, kind: str = "image", **more: Any) -> None:
    """A picture leaves the phone and its turn is over; a word before it, so that they are known."""
    house = outside.house
    path = f"/people/{AMINA}/messages"
    await outside.hello(AMINA)
    await settle(house)
    await house.execute("UPDATE sessions SET state = NULL")
    for body in ({"text": "hi"}, {kind: {"data": base64.b64encode(content).decode()} | more}):
        await outside.api("POST", path, body)
    count = "SELECT count(*) = 3 FROM inbox WHERE kind <> 'fact'"

    await eventually(lambda: house.value(count))
    await settle(house)


def inside(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def fetcher(outside: Outside, folder: Path) -> Fetcher:
    client = CloudClient(outside.http, outside.graph, "v26.0", TOKEN, NUMBER_ID)
    channels = {outside.house.number.id: cast(Channel, CloudChannel(client))}
    return Fetcher(outside.house.database, channels, FolderFiles(folder))


async def test_a_picture_is_fetched_after_its_turn_kept_and_told(
    outside: Outside, tmp_path: Path
) -> None:
    house = outside.house
    await sends(outside, PICTURE)
    assert await house.value("SELECT state FROM attachments") == "wanted"
    assert await fetcher(outside, tmp_path).step() == 1
    [(state, mime, size, key)] = await house.rows(
        "SELECT state, mime_type, size, file_key FROM attachments"
    )
    assert (state, mime, size) == ("stored", "image/jpeg", len(PICTURE))
    assert await FolderFiles(tmp_path).get(key) == PICTURE
    await settle(house)
    assert (await house.effects())[-2:] == ["waits for 1", f"came {key} "]
    assert await fetcher(outside, tmp_path).step() == 0


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("image", b"<html><script>alert(1)</script></html>", "type"),
        ("image", b"%PDF-1.7", "type"),
        ("document", b"MZ\x90\x00" + bytes(200), "type"),
    ],
)
async def test_what_a_file_says_of_itself_is_not_believed(
    outside: Outside, tmp_path: Path, kind: str, content: bytes, why: str
) -> None:
    mime = {"image": "image/jpeg", "document": "application/pdf"}[kind]
    await sends(outside, content, kind, mime_type=mime, filename="invoice.pdf")
    await fetcher(outside, tmp_path).step()
    await settle(outside.house)
    assert (await outside.house.effects())[-1] == f"failed {why}"
    assert inside(tmp_path) == []


async def test_a_file_that_has_expired_is_told_so(outside: Outside, tmp_path: Path) -> None:
    await sends(outside, PICTURE)
    await outside.faults(expired_media=1.0)
    await fetcher(outside, tmp_path).step()
    await settle(outside.house)
    assert (await outside.house.effects())[-1] == "failed expired"


async def test_a_file_is_called_as_its_sender_calls_it_by_what_it_is(
    outside: Outside, tmp_path: Path
) -> None:
    await sends(outside, b"%PDF-1.7", "document", filename="../../bill.exe")
    await fetcher(outside, tmp_path).step()
    await settle(outside.house)
    assert (await outside.house.effects())[-1].endswith(" bill.pdf")


async def test_what_no_step_takes_is_left_where_it_is(outside: Outside) -> None:
    await outside.hello(AMINA)
    house = outside.house
    await outside.api(
        "POST",
        f"/people/{AMINA}/messages",
        {"voice": {"data": base64.b64encode(b"OggS").decode()}},
    )

    await eventually(lambda: house.value("SELECT count(*) = 2 FROM inbox"))
    await settle(house)
    assert await house.value("SELECT count(*) FROM attachments") == 0


@pytest.mark.parametrize(
    ("kind", "content"), [("image", PICTURE), ("voice", b"OggS"), ("video", b"\0\0\0\x18ftypmp42")]
)
async def test_what_is_sent_to_a_human_agent_is_fetched_for_them(
    outside: Outside, tmp_path: Path, kind: str, content: bytes
) -> None:
    house = outside.house
    await outside.hello(AMINA)
    await settle(house)
    agent = await house.value("INSERT INTO users DEFAULT VALUES RETURNING id")
    async with house.database.pool.acquire() as db, db.transaction():
        await handover.take(db, await outside.person(AMINA), agent)
    said = len(await house.said())
    path = f"/people/{AMINA}/messages"
    await outside.api("POST", path, {kind: {"data": base64.b64encode(content).decode()}})
    await eventually(lambda: house.value("SELECT count(*) = 2 FROM inbox"))
    await settle(house)
    assert await fetcher(outside, tmp_path).step() == 1
    await settle(house)
    [(state, inbox_state, reason)] = await house.rows(
        """SELECT a.state, i.state, i.reason FROM attachments a JOIN inbox i ON i.id = a.inbox_id
           WHERE i.kind = $1""",
        kind,
    )
    assert (state, inbox_state, reason) == ("stored", "ignored", "with a person")
    assert len(await house.said()) == said


# -- when things go wrong ----------------------------------------------------------------------


@dataclass
class Provider:
    """Answers each try as the test says."""

    answer: Callable[[], Awaitable[bytes]]
    tries: list[Attachment] = field(default_factory=list)

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        self.tries.append(attachment)
        return Download(await self.answer(), "image/jpeg")


async def wanted(house: House, count: int = 1) -> None:
    """Files are wanted, without the conversation before it."""
    await house.say("hi")
    await settle(house)
    await house.execute(
        """INSERT INTO attachments (inbox_id, user_id, channel_id, kind, media_id, url,
                                    claimed_type, filename)
           SELECT 1, u.id, $1, 'image', 'm' || n, '', 'image/jpeg', ''
           FROM users u, generate_series(1, $2) n""",
        house.number.id,
        count,
    )


def fetching(house: House, provider: Provider, folder: Path) -> Fetcher:
    return Fetcher(house.database, {house.number.id: cast(Channel, provider)}, FolderFiles(folder))


async def test_a_provider_that_is_away_is_asked_again_later_and_given_up_in_the_end(
    house: House, tmp_path: Path
) -> None:
    async def away() -> bytes:
        raise MediaUnreachable

    await wanted(house)
    provider = Provider(away)
    one = fetching(house, provider, tmp_path)
    for tried in range(1, len(PAUSES) + 2):
        assert await one.step() == 1
        assert len(provider.tries) == tried
        assert await one.step() == 0
        pause = "SELECT extract(epoch FROM due_at - now()) FROM attachments"
        assert tried > len(PAUSES) or PAUSES[tried - 1] - 30 < await house.value(pause)
        await house.execute("UPDATE attachments SET due_at = now()")
    assert await house.values("SELECT reason FROM attachments") == ["unreachable"]
    await settle(house)
    assert (await house.effects())[-1] == "failed unreachable"


async def test_an_error_of_ours_ends_too_and_holds_up_no_other_file(
    house: House, tmp_path: Path
) -> None:
    bad = True

    async def odd() -> bytes:
        nonlocal bad
        bad = not bad
        if bad:
            return PICTURE
        raise ZeroDivisionError

    await wanted(house, 2)
    one = fetching(house, Provider(odd), tmp_path)
    assert await one.step() == 2
    assert await house.values("SELECT state FROM attachments ORDER BY state") == [
        "stored",
        "wanted",
    ]
    failed = FILES.labels("error")._value
    before = failed.get()
    for _ in PAUSES:
        await house.execute("UPDATE attachments SET due_at = now()")
        bad = True
        assert await one.step() == 1
    assert await house.values("SELECT reason FROM attachments ORDER BY reason") == ["error", None]
    assert failed.get() == before + 1
    await settle(house)
    assert "failed error" in await house.effects()


async def test_a_file_that_ends_the_process_each_time_is_given_up(
    house: House, tmp_path: Path
) -> None:
    async def at_once() -> bytes:
        return PICTURE

    await wanted(house)
    await house.execute("UPDATE attachments SET attempts = $1", len(PAUSES) + 1)
    provider = Provider(at_once)
    assert await fetching(house, provider, tmp_path).step() == 1
    assert provider.tries == []
    assert await house.values("SELECT reason FROM attachments") == ["error"]


async def test_while_the_database_is_away_no_file_fails(house: House, tmp_path: Path) -> None:
    async def away() -> bytes:
        raise asyncpg.InterfaceError("the pool is closed")

    await wanted(house)
    with pytest.raises(asyncpg.InterfaceError):
        await fetching(house, Provider(away), tmp_path).step()
    assert await house.values("SELECT state FROM attachments") == ["wanted"]


async def test_several_fetchers_fetch_each_file_once(house: House, tmp_path: Path) -> None:
    async def slowly() -> bytes:
        await asyncio.sleep(0.01)
        return PICTURE

    await wanted(house, 12)
    providers = [Provider(slowly) for _ in range(3)]
    fetchers = [fetching(house, provider, tmp_path) for provider in providers]
    while any(await asyncio.gather(*(one.step() for one in fetchers))):
        pass
    tried = [each.media_id for provider in providers for each in provider.tries]
    assert sorted(tried) == sorted(f"m{n}" for n in range(1, 13))
    await settle(house)
    assert len([each for each in await house.effects() if each.startswith("came")]) == 12


async def test_a_fetcher_that_was_killed_loses_nothing_and_tells_nothing_twice(
    house: House, tmp_path: Path
) -> None:
    release = asyncio.Event()

    async def hangs() -> bytes:
        await release.wait()
        return PICTURE

    async def at_once() -> bytes:
        return PICTURE

    await wanted(house)
    slow = asyncio.create_task(fetching(house, Provider(hangs), tmp_path).step())

    async def leased() -> bool:
        return bool(await house.value("SELECT due_at > now() FROM attachments"))

    await eventually(leased)
    quick = fetching(house, Provider(at_once), tmp_path)
    assert await quick.step() == 0
    await house.execute("UPDATE attachments SET due_at = now()")  # the lease has run out
    assert await quick.step() == 1
    release.set()
    await slow  # it was not dead after all: what it says counts for nothing
    await settle(house)
    came = [each for each in await house.effects() if each.startswith("came")]
    assert len(came) == 1
    assert await house.value("SELECT count(*) FROM inbox WHERE kind = 'fact'") == 1


async def test_a_turn_that_failed_wants_nothing(house: House) -> None:
    class Broken(Album):
        tag: ClassVar[str] = "test.broken"

        async def answer(self, said: Said, do: Services) -> Next:
            raise RuntimeError

    dialog = replace(TAKING, home=Broken(), steps=[Home, Album, Broken])
    await house.say("hi")
    await house.settle(house.worker(dialog=dialog))
    image = {"id": "m1", "mime_type": "image/jpeg", "sha256": "x"}
    await house.say("", type="image", image=image)
    await house.settle(house.worker(dialog=dialog))
    assert await house.value("SELECT state FROM inbox ORDER BY id DESC") == "parked"
    assert await house.value("SELECT count(*) FROM attachments") == 0


# -- and when they are old ---------------------------------------------------------------------


async def test_an_old_file_is_erased_and_its_row_stays(house: House, tmp_path: Path) -> None:
    contents = [PICTURE, PICTURE, PICTURE + b" of tea"]

    async def one_by_one() -> bytes:
        return contents.pop()

    await wanted(house, 3)
    files = FolderFiles(tmp_path)
    await fetching(house, Provider(one_by_one), tmp_path).step()
    days = timedelta(days=90)
    assert await attachments.erase(house.database.pool, files, days) == 0
    for path in inside(tmp_path):
        os.utime(path, (0, 0))
    await files.put(PICTURE, "jpg")  # somebody sends it once more
    await house.execute("UPDATE attachments SET done_at = now() - interval '91 days'")
    await house.execute("UPDATE attachments SET done_at = now() WHERE media_id = 'm1'")
    assert await attachments.erase(house.database.pool, files, days) == 2
    assert [path.read_bytes() for path in inside(tmp_path)] == [PICTURE]
    rows = "SELECT state, file_key IS NULL, size > 0, mime_type FROM attachments ORDER BY media_id"
    gone = ("erased", True, True, "image/jpeg")
    assert await house.rows(rows) == [("stored", False, True, "image/jpeg"), gone, gone]
    assert await attachments.erase(house.database.pool, files, days) == 0


async def test_an_old_file_that_is_shown_somewhere_stays(house: House, tmp_path: Path) -> None:
    async def one() -> bytes:
        return PICTURE

    await wanted(house, 1)
    files = FolderFiles(tmp_path)
    await fetching(house, Provider(one), tmp_path).step()
    (path,) = inside(tmp_path)
    os.utime(path, (0, 0))
    await house.execute("UPDATE attachments SET done_at = now() - interval '91 days'")
    days = timedelta(days=90)
    assert await attachments.erase(house.database.pool, files, days, keep=[path.name]) == 0
    assert inside(tmp_path) == [path]
    assert await attachments.erase(house.database.pool, files, days) == 1
    assert inside(tmp_path) == []


async def test_what_is_beside_the_files_is_left_alone(tmp_path: Path) -> None:
    beside = tmp_path / "README"
    beside.write_text("ours")
    os.utime(beside, (0, 0))
    files = FolderFiles(tmp_path)
    path = files.at(await files.put(PICTURE, "jpg"))
    assert path is not None
    os.utime(path, (0, 0))
    half = path.with_name(f".{path.name}.12345678")  # of a process that died
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    await files.erase_before(now() - timedelta(days=1))
    assert inside(tmp_path) == [beside]
    await FolderFiles(tmp_path / "none").erase_before(now())


def test_what_a_file_is_called() -> None:
    named = attachments.named
    assert named("", "ab.jpg") == ""
    assert named("my.photo.png", "ab.jpg") == "my.photo.jpg"
    assert named("C:\\docs\\bill.exe", "ab.pdf") == "bill.pdf"
