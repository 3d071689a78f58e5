"""What `make` does first: it finds a Python, makes .venv once, and says what is missing."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REAL = f'exec {shlex.quote(sys.executable)} "$@"\n'
COMPLETE = f"#!/bin/sh\n{REAL}"
WITHOUT_VENV = f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1; esac\n{REAL}'
TOO_OLD = "#!/bin/sh\nexit 1\n"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class Machine:
    """A clone with nothing to install, on a machine with just the Pythons it is given."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.path = folder / "a clone", folder / "bin"
        self.clone.mkdir()
        self.path.mkdir()
        shutil.copytree(ROOT / ".ci", self.clone / ".ci")
        self.lock("")
        for tool in ("dirname", "cmp"):
            (self.path / tool).symlink_to(str(shutil.which(tool)))

    def lock(self, text: str) -> None:
        (self.clone / "requirements.lock").write_text(text)

    def has(self, name: str, script: str) -> None:
        (self.path / name).write_text(script)
        (self.path / name).chmod(0o755)

    def prepare(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["/bin/sh", str(self.clone / ".ci" / "prepare")],
            env={"PATH": str(self.path), "HOME": "/nonexistent"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def ended(prepared: "subprocess.Popen[str]") -> tuple[int, str, str]:
    said, complained = prepared.communicate(timeout=120)
    return prepared.returncode, said, complained


def test_no_python_is_said(machine: Machine) -> None:
    machine.has("python3", TOO_OLD)
    sentence = (
        "Python 3.11 or later is needed, but neither python3 nor python3.11 to python3.14 is one:"
        " install it and run make again.\n"
    )
    assert ended(machine.prepare()) == (1, "", sentence)


def test_a_python_without_venv_names_the_package(machine: Machine) -> None:
    machine.has("python3", WITHOUT_VENV)
    sentence = (
        "python3 cannot make virtual environments:"
        f" install the package python{VERSION}-venv and run make again.\n"
    )
    assert ended(machine.prepare()) == (1, "", sentence)


def test_the_first_complete_python_is_taken_once(machine: Machine) -> None:
    machine.has("python3", WITHOUT_VENV)
    machine.has("python3.13", TOO_OLD)
    machine.has("python3.12", COMPLETE)
    first = ended(machine.prepare())
    assert first == (
        0,
        f"Preparing .venv with Python {VERSION} and the locked packages (only this once) ...\n",
        "",
    )
    assert (machine.clone / ".venv" / "bin" / "python").exists()
    (machine.path / "python3.12").unlink()
    assert ended(machine.prepare()) == (0, "", "")


def test_two_at_once_prepare_once(machine: Machine) -> None:
    machine.has("python3", COMPLETE)
    both = [machine.prepare(), machine.prepare()]
    said = [ended(each)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sum("Preparing" in each for each in said) == 1


def test_a_changed_lock_is_installed_and_a_wrong_one_is_told(machine: Machine) -> None:
    machine.has("python3", COMPLETE)
    assert ended(machine.prepare())[0] == 0
    machine.lock("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n--no-index\n")
    for _ in range(2):
        code, _, complained = ended(machine.prepare())
        assert code == 1
        assert "no-such-package" in complained
        assert complained.endswith("The first make needs the network; the next ones do not.\n")
    machine.lock("# nothing again\n")
    assert ended(machine.prepare())[0] == 0
    assert ended(machine.prepare()) == (0, "", "")
