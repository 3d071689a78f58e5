"""What a person can mend is one clear line, never a traceback."""

import socket
from pathlib import Path

import pytest

from tests.commands.program import command, free_port


async def said(folder: Path, settings: dict[str, str], *words: str) -> str:
    """What the program says as it refuses to start."""
    ended = await command(folder, {"DATA_DIR": str(folder / "data"), **settings}, *words)
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert ended.out == ""
    return ended.err.strip()


async def test_a_wrong_setting(tmp_path: Path) -> None:
    assert (await said(tmp_path, {"PORT": "abc"}, "run")).endswith(
        "PORT: Input should be a valid integer, unable to parse string as an integer"
    )


async def test_a_taken_port(tmp_path: Path, database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = await said(tmp_path, {"PORT": port, "DATABASE_URL": database_url}, "run")
    assert (
        words == f"PORT: {port} on 127.0.0.1 is taken by another program; set PORT to a free one."
    )


@pytest.mark.parametrize("words", [["run"], ["parked", "list"]])
async def test_a_database_that_is_down(tmp_path: Path, words: list[str]) -> None:
    url = f"postgresql://bot:hunter2@127.0.0.1:{free_port()}/bot"
    message = await said(tmp_path, {"DATABASE_URL": url}, *words)
    assert message.startswith("DATABASE_URL: no database answers there")
    assert "hunter2" not in message


async def test_a_database_that_is_empty(tmp_path: Path, postgres: str) -> None:
    message = await said(tmp_path, {"DATABASE_URL": postgres}, "start", "worker")
    assert message == "The database is not migrated; run: python -m bot migrate"


async def test_a_database_that_is_not_there(tmp_path: Path, database_url: str) -> None:
    message = await said(tmp_path, {"DATABASE_URL": database_url.replace("/test_", "/no_")}, "web")
    assert message.startswith("DATABASE_URL: there is no database of that name")


async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "DATA_DIR: cannot keep" in await said(tmp_path, {}, "run")


async def test_the_doctor_says_it_too(tmp_path: Path) -> None:
    ended = await command(tmp_path, {"PORT": "abc"}, "doctor")
    assert ended.code == 1
    assert "✗ settings" in ended.out
    assert "PORT: " in ended.out
    assert "Traceback" not in ended.err
