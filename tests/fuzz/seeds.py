"""Real payloads to begin with."""

from pathlib import Path
from typing import Any

import orjson

TESTS = Path(__file__).parents[1]


def payloads(provider: str, *, answers: bool = False) -> tuple[bytes, ...]:
    """The webhooks of a provider, or its answers to our calls."""
    files = sorted((TESTS / "fixtures" / provider).glob("*.json"))
    chosen = [file for file in files if file.stem.startswith("api_") == answers]
    assert chosen, provider
    return tuple(file.read_bytes() for file in chosen)


def sessions() -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in sorted((TESTS / "sessions").glob("*/*.json")))


def cloud_values(key: str) -> tuple[Any, ...]:
    """Every item of messages[], statuses[] and the like on file."""
    return tuple(
        item
        for raw in payloads("cloud")
        for entry in orjson.loads(raw).get("entry", [])
        for change in entry.get("changes", [])
        for item in change.get("value", {}).get(key, [])
    )


def dumped(*values: Any) -> tuple[bytes, ...]:
    return tuple(orjson.dumps(value) for value in values)


LANGUAGE = (
    "menu", "2x maize flour", "track 1042", "stop", "ndiyo", "two please", "3", "+254 700 000 000",
    "cart", "Mfano Road 5, blue gate", "chekout", "0700 000 000", "order #1042", "12 345", "yes",
    "order no. 7", "10 x rice", "agent", "how does this work", "0x0", "१२", "red m", "🛒", "...",
)  # fmt: skip
