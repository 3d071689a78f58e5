"""Every payload on file is understood: the table says as what, and none is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.channels import cloud_in, green_in
from bot.channels.updates import Parsed
from tests.channels.payloads import load, summary, webhooks

TABLE = Path(__file__).parent / "understood.txt"
PARSERS: dict[str, tuple[Callable[[Any], Parsed], Any]] = {
    "cloud": (cloud_in.parse, cloud_in.read),
    "greenapi": (green_in.parse, green_in.read),
}
FILES = [(provider, name) for provider in PARSERS for name in webhooks(provider)]


def understood() -> dict[str, list[str]]:
    """The table: a file's name, then, indented, what it holds."""
    table: dict[str, list[str]] = {}
    name = ""
    for line in TABLE.read_text().splitlines():
        if line.startswith("  "):
            table[name].append(line.strip())
        elif line:
            name = line
            table[name] = []
    return table


@pytest.mark.parametrize(("provider", "name"), FILES)
def test_a_payload_is_understood_as_the_table_says(provider: str, name: str) -> None:
    parse, read = PARSERS[provider]
    assert summary(parse(load(provider, name)), read) == understood()[f"{provider}/{name}"]


def test_the_table_has_no_line_for_a_file_that_is_gone() -> None:
    assert set(understood()) == {f"{provider}/{name}" for provider, name in FILES}


@pytest.mark.parametrize(("provider", "name"), FILES)
def test_a_payload_holds_something_and_every_update_has_somebody_or_a_reason(
    provider: str, name: str
) -> None:
    parsed = PARSERS[provider][0](load(provider, name))
    assert parsed.updates or parsed.statuses
    for update in parsed.updates:
        assert (update.who is None) == (update.ignored is not None)
        assert update.kind != "unknown"
        assert update.address and update.provider_id


@pytest.mark.parametrize(("provider", "name"), FILES)
def test_the_same_payload_again_has_the_same_ids(provider: str, name: str) -> None:
    parse = PARSERS[provider][0]
    once, again = parse(load(provider, name)), parse(load(provider, name))
    assert [each.provider_id for each in once.updates] == [
        each.provider_id for each in again.updates
    ]
