"""What a member may do, by role."""

from typing import Literal, get_args

Role = Literal["owner", "manager", "agent"]
Right = Literal["orders", "products", "refunds", "members", "settings"]

RIGHTS: dict[str, frozenset[str]] = {
    "agent": frozenset({"orders"}),
    "manager": frozenset({"orders", "products", "refunds"}),
    "owner": frozenset(get_args(Right)),
}


def may(role: str, right: Right) -> bool:
    return right in RIGHTS[role]
