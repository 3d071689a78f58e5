"""`replay` and `shadow` as people call them: processes of their own, on what another recorded."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from tests.commands.program import ROOT, command

OTHER_CODE = """
import handlers.chat.home
from bot.dialog import Reply

async def ask(self, do):
    return Reply("Something else.")

handlers.chat.home.Menu.ask = ask
"""
SPOKEN = "habari\n1\n1\n1\n2\n1\n1\nMfano Road 5, Kilimani\n2\nmenyu\n"


@pytest.fixture
async def spoken(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The settings of a program with whom somebody has talked in a terminal, and bought."""
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")}
    words = ("chat", "--language", "sw", "--name", "Amina")
    ended = await command(tmp_path, settings, *words, keyboard=SPOKEN)
    assert (ended.code, ended.err) == (0, "")
    return settings


async def test_another_process_says_the_same(tmp_path: Path, spoken: dict[str, str]) -> None:
    """The order of sets is another in each process, and the brand is that of then."""
    elsewhere = {**spoken, "BRAND_NAME": "Another", "PYTHONHASHSEED": "7"}
    ended = await command(tmp_path, elsewhere, "shadow", "--json")
    assert (ended.code, ended.err) == (0, "")
    report = orjson.loads(ended.out)
    assert report["turns"] >= 10
    assert (report["differing"], report["asked_new"], report["unreadable"]) == ([], [], [])

    ended = await command(tmp_path, spoken, "replay", "1", "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("in:1  of person")
    assert "the same as then" in ended.out


async def test_a_difference_is_exit_code_1(tmp_path: Path, spoken: dict[str, str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(OTHER_CODE)
    candidate = {**spoken, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    ended = await command(tmp_path, candidate, "shadow", "--json")
    assert (ended.code, ended.err) == (1, "")
    report = orjson.loads(ended.out)
    assert len(report["differing"]) == 2  # the greeting and what follows on "menu"
    assert "Something else." not in ended.out


# -- mistakes ----------------------------------------------------------------------------


def called(*words: str) -> tuple[int, str]:
    """Exit code, and what was said without frames and line breaks."""
    ended = CliRunner().invoke(cli, words, env={"COLUMNS": "200"})
    return ended.exit_code, " ".join(ended.output.replace("│", "").split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("replay", "17"), "say --dry-run; a parked message is run again for good by:"),
        (("replay",), "Missing"),
        (("replay", "17", "--dry-run", "--last", "0"), "--last"),
        (("shadow", "--service", "nothing"), "nothing: known services are"),
        (("shadow", "--last", "many"), "valid integer"),
    ],
)
def test_a_mistake_is_a_clear_line(words: tuple[str, ...], told: str) -> None:
    code, said = called(*words)
    assert code == 2
    assert told in said
    assert "Traceback" not in said


def test_help_reads_well() -> None:
    code, said = called("replay", "--help")
    assert code == 0
    for words in ("--dry-run", "--with-words", "--json", "what would be said otherwise than"):
        assert words in said
    assert "The check before a deploy" in called("shadow", "--help")[1]


async def test_what_is_not_there_is_said(tmp_path: Path, database_url: str) -> None:
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")}
    ended = await command(tmp_path, settings, "replay", "17", "--dry-run")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Nothing of that name is known")
    ended = await command(tmp_path, settings, "shadow")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("No turn is recorded that could be tried")
