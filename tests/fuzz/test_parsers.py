"""Hostile input escapes from no reader: the same inputs in every run; docs/fuzzing.md has more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.observe import logs
from tests.fuzz import answers, conversation, simulated
from tests.fuzz.mutation import mutated
from tests.fuzz.running import rounds, shrunk
from tests.fuzz.target import Target
from tests.fuzz.targets import ALONE

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Real payloads made hostile, JSON of any shape, and bytes."""
    chances = st.randoms(use_true_random=False)
    made = chances.map(lambda random: mutated(random, target.seeds)[:20_000])
    return made | made | made | anything.map(_written) | st.binary(max_size=100)


def _written(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a number or a string that JSON has no room for
        return repr(value).encode("utf-8", "replace")


def examples(count: int) -> settings:
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=unhurried,
    )


def _try(runner: asyncio.Runner, target: Target, count: int) -> None:
    @examples(count)
    @given(inputs(target))
    def is_given(raw: bytes) -> None:
        runner.run(target.give(raw))

    for raw in target.seeds:
        runner.run(target.give(raw))
    is_given()


@pytest.mark.parametrize("target", ALONE, ids=lambda target: target.name)
def test_nothing_escapes(target: Target) -> None:
    with asyncio.Runner() as runner:
        _try(runner, target, 80)


Opened = Callable[[], AbstractAsyncContextManager[tuple[Target, ...]]]


@pytest.mark.parametrize(
    "opened", [answers.targets, simulated.targets], ids=["answers", "simulator"]
)
def test_nothing_escapes_over_http(opened: Opened) -> None:
    _each(opened, 25)


def test_nothing_escapes_on_the_way_to_the_database(database_url: str) -> None:
    logs.configure("CRITICAL", readable=False)

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Target, ...]]:
        async with conversation.targets(database_url) as targets:
            yield tuple(target for target in targets if target.name != "conversation")

    _each(opened, 25)


def _each(opened: Opened, count: int) -> None:
    """The servers live as long as the runner's one loop."""
    with asyncio.Runner() as runner:
        context = opened()
        targets = runner.run(context.__aenter__())
        try:
            for target in targets:
                _try(runner, target, count)
        finally:
            runner.run(context.__aexit__(None, None, None))


async def test_what_escapes_is_told_once_and_made_small() -> None:
    def fragile(raw: bytes) -> None:
        if b"12" in raw:
            raise KeyError

    target = Target("fragile", (b'{"a": [1, 2, {"b": "x12y"}], "c": null}',), fragile)
    looks = iter(range(2000))
    scores, escapes = await rounds((target,), 1, lambda: next(looks) > 1000)
    [escape] = escapes.values()
    assert scores["fragile"].tried > 100
    assert escape.signature.startswith("fragile: KeyError at tests/fuzz/test_parsers.py")
    assert await shrunk(target, escape) in (b"12", b'"12"')
