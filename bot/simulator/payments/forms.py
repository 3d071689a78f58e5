"""Stripe's way of writing nested parameters in a form: a[b]=1, a[0][c]=2, a[]=3."""

import re
from collections.abc import Iterable

from bot.simulator.shapes import Object, is_whole, whole

_PART = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 10  # Stripe's own go five levels deep


def nested(pairs: Iterable[tuple[str, str]]) -> Object:
    """The nested object of form pairs; lists keep the order of their indexes."""
    tree: Object = {}
    for name, value in pairs:
        head = name.partition("[")[0]
        _place(tree, [head, *_PART.findall(name)[:_DEEPEST]], value)
    return {key: _listed(value) for key, value in tree.items()}


def _place(tree: Object, path: list[str], value: str) -> None:
    for part in path[:-1]:
        branch = tree.setdefault(part, {})
        if not isinstance(branch, dict):
            return
        tree = branch
    last = path[-1] or str(len(tree))
    tree[last] = value


def _listed(value: object) -> object:
    if not isinstance(value, dict):
        return value
    children = {key: _listed(child) for key, child in value.items()}
    if children and all(map(is_whole, children)):
        return [children[key] for key in sorted(children, key=whole)]
    return children
