"""What a closed window is told with is registered, with as many places as we have words for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from bot.channels.address import Address
from bot.channels.cloud_template import TemplateButton, render_template
from bot.simulator.config import TemplateSeed
from bot.simulator.templates import Templates
from handlers.chat.templates import TEMPLATES, Approved

CHAT = Path(__file__).parents[2] / "handlers" / "chat"


def used() -> Iterator[tuple[str, int]]:
    """Each Template("name", (parameters)) that the chat says, and how many parameters."""
    for path in CHAT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name(id="Template"),
                    args=[ast.Constant(value=str() as name), ast.Tuple(elts=given)],
                ):
                    yield name, len(given)


def slots(template: Approved) -> int:
    return len(set(re.findall(r"\{\{(\d+)\}\}", template.body)))


def test_every_template_that_is_said_is_registered_with_its_places() -> None:
    registered = {(one.name, slots(one)) for one in TEMPLATES}
    said = set(used())
    assert said <= registered
    assert {"payment_link", "order_paid", "order_lapsed"} <= {name for name, _ in said}
    assert {name for name, _ in registered} == {name for name, _ in said}


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: f"{one.name}/{one.language}")
def test_the_provider_takes_each(one: Approved) -> None:
    seed = TemplateSeed(one.name, one.language, one.body, one.category, one.buttons)
    account = Templates([seed])
    words = [f"word\n{n}" for n in range(slots(one))]
    buttons = [TemplateButton(n, "quick_reply", f"!x:{n}") for n, _ in enumerate(one.buttons)]
    to = Address(phone="+12025550101")
    body = render_template(one.name, one.language, words, to=to, ours=1, buttons=buttons)
    account.check(body["template"])
    shown = account.words(body["template"])
    assert "{{" not in str(shown["text"])
    choices = cast(list[dict[str, str]], shown["choices"])
    assert [choice["id"] for choice in choices] == [button.value for button in buttons]


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: f"{one.name}/{one.language}")
def test_none_begins_or_ends_with_a_place(one: Approved) -> None:
    """Meta refuses to approve such a template."""
    assert not one.body.startswith("{{")
    assert not one.body.endswith("}}")


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: f"{one.name}/{one.language}")
def test_button_labels_fit(one: Approved) -> None:
    assert all(len(label) <= 25 for label in one.buttons)
