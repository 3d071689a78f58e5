"""Logs say what failed and where, and quote nobody."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.observe import correlation, logs

WORDS = "rhubarb umbrella"


@pytest.fixture(params=["json", "readable"])
def written(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[io.StringIO]:
    """What goes to standard error while the logs are set up as in the program."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("DEBUG", readable=request.param == "readable")
    yield stream
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)
    correlation.bind(None)


def quoting() -> None:
    try:
        int(WORDS)
    except ValueError as error:
        raise KeyError(WORDS) from error


def test_a_failure_is_its_type_and_place(written: io.StringIO) -> None:
    try:
        quoting()
    except KeyError as error:
        structlog.get_logger().error("turn.failed", exc_info=error, phone=WORDS, inbox_id=7)
    said = written.getvalue()
    assert WORDS not in said
    for needed in ("turn.failed", "KeyError", "ValueError", "quoting", "test_logs.py", "7"):
        assert needed in said


def test_what_python_says_of_code_is_kept(written: io.StringIO) -> None:
    try:
        "".no_such_method()  # type: ignore[attr-defined]
    except AttributeError as error:
        structlog.get_logger().error("x", exc_info=error)
    assert "no_such_method" in written.getvalue()


def test_libraries_log_their_sentence_and_no_values(written: io.StringIO) -> None:
    log = logging.getLogger("some.library")
    try:
        quoting()
    except KeyError:
        log.exception("Cannot handle %s\nbecause of %s", WORDS, WORDS)
    log.warning("A task failed\nfuture: <Task exception=ValueError('%s')>" % WORDS)  # noqa: UP031
    log.info("not for us: %s", WORDS)
    said = written.getvalue()
    assert "umbrella" not in said
    for needed in ("Cannot handle", "A task failed", "some.library", "KeyError"):
        assert needed in said


def test_groups_of_failures_are_told_one_by_one() -> None:
    group = ExceptionGroup("several", [ValueError(WORDS), OSError(WORDS)])
    told = logs.failure(group)
    assert [each["type"] for each in told["errors"]] == ["ValueError", "OSError"]
    assert WORDS not in json.dumps(told)


def test_the_correlation_id_is_on_every_line(written: io.StringIO) -> None:
    correlation.bind("abc123")
    structlog.get_logger().info("one")
    logging.getLogger("some.library").warning("two")
    correlation.bind(None)
    structlog.get_logger().info("three")
    with_id = ["abc123" in line for line in written.getvalue().splitlines()]
    assert with_id == [True, True, False]
