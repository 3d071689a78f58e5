"""The few rules that the limits of every message kind are made of, each raising the Graph API's
own words.
"""

from collections.abc import Sequence

from bot.simulator.graph_error import GraphError


def missing(param: str) -> GraphError:
    return GraphError(131008, f"Parameter '{param}' is required and must not be empty.")


def invalid(param: str, why: str) -> GraphError:
    return GraphError(131009, f"Parameter '{param}' {why}.")


def at_most(param: str, value: str, limit: int) -> None:
    """Refuse a text longer than `limit` characters (code 100, as Meta does for plain
    parameters).
    """
    if len(value) > limit:
        raise GraphError(100, f"Param {param} must be at most {limit} characters long.")


def sized(what: str, value: object, limit: int) -> str:
    """A text of 1 to `limit` characters, e.g. a button title; answers it."""
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise GraphError(131009, f"{what} length invalid. Min length: 1, Max length: {limit}")
    return value


def counted(what: str, values: Sequence[object], limit: int) -> None:
    if not 1 <= len(values) <= limit:
        raise GraphError(
            131009, f"Invalid {what} count. Min allowed {what}: 1, Max allowed: {limit}"
        )


def different(what: str, values: Sequence[str]) -> None:
    if len(set(values)) != len(values):
        raise GraphError(131009, f"Duplicated {what}: each {what} must be unique.")


def web_link(param: str, value: object) -> None:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise GraphError(100, f"Param {param} must be a valid URL.")
