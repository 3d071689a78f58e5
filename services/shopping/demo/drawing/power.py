"""Lamps and what carries a charge."""

from services.shopping.demo.drawing.canvas import (
    Canvas,
    box,
    curve,
    disc,
    oval,
    polygon,
    stroke,
    turned,
    within,
    without,
)


def glow(c: Canvas, x: float, y: float, radius: float) -> None:
    """Warm light around a point."""
    for step in range(6):
        c.shine(disc(x, y, radius * (1 - step / 7)), 0.09)


def lantern(c: Canvas) -> None:
    glow(c, 50, 52, 36)
    c.shadow(30, 72, 86)
    handle = without(oval(30, 10, 70, 56), oval(33, 13, 67, 53))
    c.fill(within(handle, box(0, 0, 100, 36)), "#4b5563", 0.2)
    c.fill(box(33, 40, 67, 72, 4), "#ffe9a3", 0.1)
    c.fill(oval(41, 44, 59, 68), "#fff8dc", 0.05)
    for x in (38, 49, 60):
        c.fill(box(x, 40, x + 2, 72), "#e39b2d", 0.1)
    c.fill(curve((30, 40), (36, 29), (50, 25), (64, 29), (70, 40), (50, 43)), "#f2a531", 0.28)
    c.fill(polygon([(38, 34), (43, 28.6), (57, 28.6), (62, 34)]), "#26405e", 0.12)
    for top in (44.4, 50.0, 55.6):
        c.shine(stroke([(top, 29), (50 + (top - 50) * 1.24, 34)], 0.4), 0.4)
    c.fill(box(29, 70, 71, 86, 4), "#f2a531", 0.28)
    c.fill(disc(50, 78, 3.4), "#4b5563", 0.2)
    c.shine(box(33, 73, 35, 83, 1), 0.4)


def one_bulb(c: Canvas, x: float, y: float) -> None:
    c.fill(
        curve((x, y - 22), (x + 13, y - 16), (x + 16, y - 3), (x + 9, y + 10), (x, y + 12),
              (x - 9, y + 10), (x - 16, y - 3), (x - 13, y - 16)), "#fff6d8", 0.16,
    )  # fmt: skip
    c.fill(
        polygon([(x - 11, y + 5), (x + 11, y + 5), (x + 7, y + 19), (x - 7, y + 19)]),
        "#eceff3",
        0.26,
    )
    c.fill(box(x - 6, y + 18, x + 6, y + 29, 1.6), "#a3abb8", 0.3)
    for step in range(3):
        c.dim(box(x - 6.4, y + 20.4 + step * 3, x + 6.4, y + 21.4 + step * 3, 0.5), 0.3)
    c.shine(turned(oval(x - 10, y - 14, x - 6, y - 3), -20, x - 8, y - 8), 0.7)


def bulbs(c: Canvas) -> None:
    for x in (28, 72, 50):
        glow(c, x, 44, 22)
    c.shadow(18, 82, 82)
    one_bulb(c, 27, 50)
    one_bulb(c, 73, 50)
    one_bulb(c, 50, 54)


def powerbank(c: Canvas) -> None:
    c.shadow(32, 72, 88)
    c.fill(box(33, 14, 69, 88, 6), "#1d2431", 0.2)
    c.fill(box(31, 13, 66, 87, 6), "#2d3a50", 0.26)
    c.fill(box(34, 16, 63, 84, 4), "#34435d", 0.16)
    for step in range(4):
        lit = "#5fe08d" if step < 3 else "#1d2431"
        c.fill(disc(42 + step * 4.4, 76, 1.3), lit, 0)
    bolt = polygon([(51, 32), (41, 52), (48, 52), (45.5, 67), (57, 46), (49.5, 46), (54, 32)])
    c.fill(bolt, "#f4c542", 0.12)
    for x in (39, 50):
        c.fill(box(x, 13, x + 7.4, 15.6, 0.8), "#c3cad6", 0)
    c.shine(box(33, 20, 34.4, 80, 0.7), 0.3)


def radio(c: Canvas) -> None:
    c.shadow(18, 84, 82)
    c.fill(stroke([(72, 36), (87, 11)], 1.2), "#9aa3b0", 0.1)
    c.fill(disc(87, 11, 1.5), "#c7ced8", 0.1)
    c.fill(box(18, 34, 82, 82, 6), "#b8402f", 0.24)
    c.fill(box(21, 37, 79, 79, 4), "#d5543f", 0.16)
    c.fill(disc(39, 59, 15.4), "#5e1f17", 0.1)
    for row in range(-4, 5):
        for column in range(-4, 5):
            if row * row + column * column <= 18:
                c.fill(disc(39 + column * 3, 59 + row * 3, 0.85), "#f0c9a8", 0)
    c.fill(box(58, 42, 76, 53, 1.6), "#fbeccb", 0.08)
    for step in range(7):
        c.dim(box(60 + step * 2.3, 44.6, 60.5 + step * 2.3, 48), 0.5)
    c.fill(box(67, 43, 67.8, 52), "#c22d20", 0)
    c.fill(disc(67, 65, 8), "#f3e3c6", 0.26)
    c.fill(disc(67, 65, 5.4), "#e2cda6", 0.2)
    c.fill(stroke([(67, 65), (70, 61.4)], 1), "#7a2a1d", 0)


def torch(c: Canvas) -> None:
    beam = polygon([(60, 30), (70, 40), (100, 30), (100, -6), (66, 0)])
    c.shine(beam, 0.28)
    c.shadow(20, 66, 84)
    body = turned(box(20, 50, 62, 66, 5), 40, 50, 55)
    c.fill(body, "#2f8f7b", 0.2)
    c.fill(
        turned(polygon([(60, 50), (74, 43.5), (74, 72.5), (60, 66)]), 40, 50, 55), "#277868", 0.2
    )
    c.fill(turned(box(72, 42.5, 79, 73.5, 2), 40, 50, 55), "#e9edf1", 0.2)
    c.fill(turned(oval(76, 44, 81, 72), 40, 50, 55), "#fff3b8", 0.05)
    for x in (26, 30, 34):
        c.dim(turned(box(x, 50, x + 1.6, 66), 40, 50, 55), 0.25)
    c.fill(turned(box(46, 52, 54, 56, 2), 40, 50, 55), "#f4b942", 0.15)
    crank = turned(stroke([(38, 60), (38, 71), (47, 71)], 3), 40, 50, 55)
    c.fill(crank, "#48515e", 0.2)
    c.fill(turned(disc(38, 59, 4), 40, 50, 55), "#48515e", 0.2)


DRAWINGS = {
    "lantern": lantern,
    "bulbs": bulbs,
    "powerbank": powerbank,
    "radio": radio,
    "torch": torch,
}
