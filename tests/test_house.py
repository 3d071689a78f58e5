"""Rules about the files themselves, each of which somebody would sooner or later forget."""

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# In pieces, so that this file does not name what it forbids.
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry.npm" + "js",
    "deb.deb" + "ian.org",
)
MACHINE_PATHS = tuple(f"/{folder}/" for folder in ("wo" + "rk", "fa" + "rm", "ro" + "ot"))


def ours() -> Iterator[Path]:
    """Every file of the house; what .gitignore names is somebody's own."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    waiting = [ROOT]
    for folder in waiting:
        for path in sorted(folder.iterdir()):
            if path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in ignored):
                continue
            if path.is_dir():
                waiting.append(path)
            else:
                yield path


def test_no_file_names_a_registry_or_a_path_of_some_machine() -> None:
    forbidden = re.compile("|".join(map(re.escape, REGISTRIES + MACHINE_PATHS)).encode())
    found = [
        f"{path.relative_to(ROOT)}: {match[0]!r}"
        for path in ours()
        for match in forbidden.finditer(path.read_bytes())
    ]
    assert found == []


def test_every_file_says_what_it_is_for() -> None:
    silent = []
    for layer in ("bot", "handlers", "services"):
        for path in (ROOT / layer).rglob("*.py"):
            text = path.read_text()
            if ast.get_docstring(ast.parse(text)) is None and (text or path.name != "__init__.py"):
                silent.append(path.relative_to(ROOT).as_posix())
    assert silent == []


# -- packages ------------------------------------------------------------------------


def pins() -> dict[str, str]:
    """What the lock says of each package, by name."""
    lines = (ROOT / "requirements.lock").read_text().replace("\\\n", " ").splitlines()
    pinned = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {re.split(r"[=\[ ]", line, maxsplit=1)[0]: line for line in pinned}


def asked_for() -> list[str]:
    """The packages that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *itertools.chain(*project["optional-dependencies"].values()),
    ]
    return [re.split(r"[<>=\[; ]", each, maxsplit=1)[0] for each in wanted]


def test_every_pin_is_exact_and_hashed_and_without_an_address() -> None:
    shape = re.compile(
        r"[a-z0-9._-]+(\[[a-z0-9,._-]+\])?==\S+( ; [^@]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"
    )
    assert [name for name, line in pins().items() if not shape.fullmatch(line)] == []
    assert not re.search(
        r"://|--(extra-)?index|--find-links", (ROOT / "requirements.lock").read_text()
    )


@pytest.mark.parametrize("name", asked_for())
def test_every_package_is_locked_and_its_choice_explained(name: str) -> None:
    assert name in pins()
    assert f"**{name}**" in (ROOT / "docs" / "decisions.md").read_text()


def test_the_conversation_in_the_readme_is_one_of_the_tests() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = next(block for block in readme.split("```") if block.startswith("\n> "))
    transcripts = (ROOT / "tests" / "conversations").rglob("*.txt")
    assert any(shown.strip() in file.read_text("utf-8") for file in transcripts)
