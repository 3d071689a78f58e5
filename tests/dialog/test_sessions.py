"""Sessions that this release and the ones before it stored can be loaded by this one."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.dialog import UnreadableSession
from handlers.chat import dialog

FOLDER = Path(__file__).parents[1] / "sessions"
FILES = sorted(FOLDER.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_stored_session_loads(file: Path) -> None:
    stored = _read(file)
    session = dialog.load(stored)
    assert session.step.tag == stored["stack"][-1]["tag"]
    assert len(session.behind) == len(stored["stack"]) - 1
    assert dialog.load(dialog.dump(session)) == session


def test_every_step_has_a_stored_session() -> None:
    kept = {one["tag"] for file in FILES for one in _read(file)["stack"]}
    assert {cls.tag for cls in dialog.steps} <= kept


@pytest.mark.parametrize(
    "stack",
    [
        [],
        [{"tag": "shopping.of-another-release"}],
        [{"tag": "home.menu"}, {"tag": "shopping.product"}],
        [{"tag": "shopping.product", "product_id": "no number"}],
    ],
)
def test_what_cannot_be_read_says_so(stack: list[dict[str, Any]]) -> None:
    with pytest.raises(UnreadableSession):
        dialog.load({"version": 1, "stack": stack})


@pytest.mark.parametrize(
    "spoilt",
    [
        {"stack": 0}, {"stack": ["home.menu"]}, {"offered": 0}, {"offered": ["a"]},
        {"beside": [[1, "x"]]}, {"asked": "7"}, {"entered": None}, {"misses": 0.5},
        {"last_tap": ["x"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_says_so_at_once_and_not_in_every_turn(spoilt: dict[str, Any]) -> None:
    with pytest.raises(UnreadableSession):
        dialog.load({"stack": [{"tag": "home.menu"}]} | spoilt)


def test_what_was_put_aside_and_cannot_be_read_is_let_go() -> None:
    stored = {"stack": [{"tag": "home.menu"}], "aside": [{"tag": "shopping.gone"}]}
    assert dialog.load(stored).aside == ()
    assert dialog.load(stored | {"aside": 0}).aside == ()


def _read(file: Path) -> dict[str, Any]:
    stored: dict[str, Any] = orjson.loads(file.read_bytes())
    return stored
