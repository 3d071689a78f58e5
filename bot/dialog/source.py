"""What the code of the conversations names, read without running it.

Of each module only that is kept: all their syntax trees together are a seventh of a process.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

Use = tuple[str, str]
"""A name, and what is taken from it: `cart.OpenCart` is ("cart", "OpenCart"); or ""."""

Offer = tuple[str, bool]
"""The tag given to a Choice.act, and whether it is all of the tag or its beginning."""


class Class(NamedTuple):
    methods: Mapping[str, frozenset[Use]]
    uses: frozenset[Use]  # anywhere in it


class Source(NamedTuple):
    functions: Mapping[str, frozenset[Use]]
    classes: Mapping[str, Class]
    offers: frozenset[Offer]


@cache
def source_of(module: ModuleType) -> Source:
    """A folder without a file of its own names nothing."""
    file = getattr(module, "__file__", None)
    tree = ast.parse(Path(file).read_bytes() if file else b"")
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return Source(
        _functions(tree.body),
        {node.name: Class(_functions(node.body), _uses(node)) for node in classes},
        frozenset(_offers(tree)),
    )


def _functions(body: list[ast.stmt]) -> dict[str, frozenset[Use]]:
    kinds = (ast.AsyncFunctionDef, ast.FunctionDef)
    return {node.name: _uses(node) for node in body if isinstance(node, kinds)}


def _uses(tree: ast.AST) -> frozenset[Use]:
    found: set[Use] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) | ast.Attribute(ast.Name(name)):
                found.add((name, node.attr if isinstance(node, ast.Attribute) else ""))
            case ast.Attribute(attr=taken):
                found.add(("", taken))
    return frozenset(found)


def _offers(tree: ast.AST) -> Iterator[Offer]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(attr="act"), [ast.Constant(str(tag)), *_]):
                yield tag, True
            case ast.Call(
                ast.Attribute(attr="act"), [ast.JoinedStr([ast.Constant(str(beginning)), *_]), *_]
            ):
                yield beginning, False
