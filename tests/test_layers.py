"""Who may import whom: handlers all, bot a little of services, services neither."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("bot", "handlers", "services")
COMPOSITION_ROOT = "bot/app/"  # puts the parts together, so it alone sees them all
ENTRANCES = (  # the commands that need a process, or its dialog: they alone see the whole of it
    "bot/commands/looking.py",
    "bot/commands/preparing.py",
    "bot/commands/products.py",
    "bot/commands/starting.py",
    "bot/commands/verifying.py",
)
SETTINGS = "bot/settings.py"  # the one file that reads the environment


# -- the rules -----------------------------------------------------------------------


def may_import(file: str, name: str) -> bool:
    """`name` in full: `from services.ground.money import Money` is services.ground.money.Money."""
    layer, (top, *rest) = file.split("/", 1)[0], name.split(".")
    if top not in LAYERS:
        return True
    if layer == "services":
        return top == "services"
    if file.startswith(COMPOSITION_ROOT):
        return True
    if [top, *rest[:1]] == ["bot", "app"]:
        return file in ENTRANCES
    if layer == "bot":
        return top == "bot" or (top == "services" and is_common_ground(rest))
    return True


def is_common_ground(path: list[str]) -> bool:
    """What bot may know of services: the type a turn is handed, the ground, and the facts."""
    return (
        path == ["Services"]
        or path[:1] == ["ground"]
        or path[:1] == ["facts"]
        or path[1:2] == ["facts"]
    )


def may_read_environment(file: str) -> bool:
    return file == SETTINGS


# -- what the files say --------------------------------------------------------------


def imported(file: Path, root: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = file.relative_to(root).parts[: -node.level] if node.level else ()
            module = ".".join((*here, *filter(None, [node.module])))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def reads_environment(file: Path) -> bool:
    names = {"environ", "environb", "getenv", "pydantic_settings"}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if isinstance(node, ast.ImportFrom) and names & {
            node.module,
            *(a.name for a in node.names),
        }:
            return True
        if isinstance(node, ast.Import) and names & {alias.name for alias in node.names}:
            return True
    return False


def wrong_arrows(root: Path) -> list[str]:
    found = []
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):
            file = path.relative_to(root).as_posix()
            found += [
                f"{file} -> {name}" for name in imported(path, root) if not may_import(file, name)
            ]
    return found


def readers_of_environment(root: Path) -> list[str]:
    files = (
        path for layer in (*LAYERS, "migrations") for path in sorted((root / layer).rglob("*.py"))
    )
    readers = (path.relative_to(root).as_posix() for path in files if reads_environment(path))
    return [file for file in readers if not may_read_environment(file)]


# -- the house as it stands ----------------------------------------------------------


def test_imports_point_one_way() -> None:
    assert wrong_arrows(ROOT) == []


def test_one_file_reads_the_environment() -> None:
    assert readers_of_environment(ROOT) == []


def test_the_files_with_a_right_of_their_own_exist() -> None:
    named = (COMPOSITION_ROOT, *ENTRANCES, SETTINGS)
    assert [file for file in named if not (ROOT / file).exists()] == []


# -- the rules hold what they promise ------------------------------------------------


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("services/shopping/orders.py", "from bot.outbox import Bubble"),
        ("services/shopping/orders.py", "import handlers.chat"),
        ("services/shopping/orders.py", "def f() -> None:\n    from bot import outbox"),
        ("bot/worker.py", "from handlers.chat import STEPS"),
        ("bot/worker.py", "import services"),
        ("bot/worker.py", "from services import open_services"),
        ("bot/worker.py", "from services.shopping import orders"),
        ("bot/worker.py", "from services.shopping.orders import Order"),
        ("bot/worker.py", "from .app import open_parts"),
        ("bot/worker.py", "from bot.app.resources import Parts"),
        ("bot/dialog/step.py", "from ..app import open_parts"),
        ("bot/commands/starting.py", "from handlers.chat import STEPS"),
        ("bot/commands/operating.py", "from bot import app"),
        ("handlers/chat/shopping.py", "from bot.app import open_parts"),
        ("handlers/chat/shopping.py", "from bot import app"),
    ],
)
def test_a_wrong_arrow_is_seen(tmp_path: Path, file: str, line: str) -> None:
    write(tmp_path / file, line)
    assert len(wrong_arrows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("services/shopping/orders.py", "from services.payments import payments"),
        ("services/shopping/orders.py", "from . import stock"),
        ("bot/worker.py", "from services import Services"),
        ("bot/worker.py", "from services.ground.money import Money"),
        ("bot/worker.py", "from services.payments.facts import PaymentConfirmed"),
        ("bot/dialog/step.py", "from ..channels import cloud"),
        ("bot/app/background.py", "from handlers.chat import STEPS"),
        ("bot/app/resources.py", "from services import open_services"),
        ("bot/app/__init__.py", "from bot.app.resources import Parts"),
        ("bot/commands/starting.py", "from bot.app import open_parts"),
        ("handlers/chat/shopping.py", "from services.shopping import orders"),
        ("handlers/chat/shopping.py", "from bot.dialog import Step"),
    ],
)
def test_a_right_arrow_passes(tmp_path: Path, file: str, line: str) -> None:
    write(tmp_path / file, line)
    assert wrong_arrows(tmp_path) == []


@pytest.mark.parametrize(
    "line",
    [
        "import os\nkey = os.environ['KEY']",
        "import os\nkey = os.getenv('KEY')",
        "from os import environ",
        "from pydantic_settings import BaseSettings",
    ],
)
def test_a_hidden_setting_is_seen(tmp_path: Path, line: str) -> None:
    write(tmp_path / "handlers/chat/shopping.py", line)
    write(tmp_path / SETTINGS, line)
    assert readers_of_environment(tmp_path) == ["handlers/chat/shopping.py"]


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
