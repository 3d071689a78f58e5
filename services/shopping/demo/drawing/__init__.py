"""The demo shop's pictures, drawn from primitives. Needed only to draw them again."""

from collections.abc import Callable, Mapping

from services.shopping.demo.drawing import crafts, drinks, fresh, kitchen, pantry, power, wear
from services.shopping.demo.drawing.canvas import Canvas

GROUNDS = {
    "pantry": "#f2dfb8",
    "fresh": "#d5e8c4",
    "drinks": "#cfe5ef",
    "kitchen": "#f0d5c4",
    "wear": "#e2d6ee",
    "crafts": "#f0cfa9",
    "power": "#c9d6ea",
}
"""One soft colour a shelf."""

DRAWINGS: dict[str, Mapping[str, Callable[[Canvas], None]]] = {
    "pantry": pantry.DRAWINGS,
    "fresh": fresh.DRAWINGS,
    "drinks": drinks.DRAWINGS,
    "kitchen": kitchen.DRAWINGS,
    "wear": wear.DRAWINGS,
    "crafts": crafts.DRAWINGS,
    "power": power.DRAWINGS,
}
"""What draws each picture, by shelf and by the name of its file."""
