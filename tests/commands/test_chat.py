"""Talking in a terminal: the real way through the database, and a transcript of it."""

from pathlib import Path

from tests.commands.program import command

SPOKEN = "habari\n1\n[Nowhere]\nmenyu\n"


async def test_a_conversation_is_held_and_recorded(tmp_path: Path, database_url: str) -> None:
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")}
    words = ("chat", "--language", "sw", "--record", "talk.txt", "--name", "Amina")
    ended = await command(tmp_path, settings, *words, keyboard=SPOKEN)
    assert (ended.code, ended.err) == (0, "")
    assert "Habari Amina! 👋" in ended.out
    assert "    1  [Duka] – " in ended.out
    assert "There was no [Nowhere] to tap." in ended.out

    head, empty, *lines = (tmp_path / "talk.txt").read_text().splitlines()
    assert (head, empty) == ("# Talking with Amina", "")
    assert [line for line in lines if line.startswith(">")] == ["> habari", "> [Duka]", "> menyu"]
    assert lines[1].startswith("< Habari Amina!")

    story = await command(tmp_path, settings, "explain", "1")
    assert "on terminal terminal" in story.out


async def test_a_conversation_is_drawn(tmp_path: Path) -> None:
    ended = await command(tmp_path, {}, "diagram", "shopping")
    assert ended.out.startswith("flowchart TD\n")
    assert (await command(tmp_path, {}, "diagram", "nothing")).code == 1
