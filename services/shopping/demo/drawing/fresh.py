"""Fruit and vegetables."""

from services.shopping.demo.drawing.canvas import (
    Canvas,
    Colour,
    both,
    curve,
    disc,
    mix,
    oval,
    stroke,
    turned,
    within,
)
from services.shopping.demo.drawing.pantry import leaf


def one_mango(c: Canvas, x: float, y: float, colour: Colour, blush: Colour) -> None:
    body = curve(
        (x - 3, y - 21), (x + 10, y - 19), (x + 18, y - 6), (x + 18, y + 10), (x + 8, y + 22),
        (x - 4, y + 20), (x - 14, y + 10), (x - 16, y - 6), (x - 12, y - 17),
    )  # fmt: skip
    c.fill(body, colour, 0.22)
    for step in range(6):  # a blush that fades
        blushed = within(body, disc(x + 15, y - 12, 17 - 2.4 * step))
        c.fill(blushed, mix(colour, blush, 0.14 + 0.13 * step), 0)
    c.shine(turned(oval(x - 13, y - 11, x - 8, y + 3), -18, x - 10, y - 4), 0.35)
    c.fill(stroke([(x - 4, y - 19), (x - 3, y - 24)], 1.6), "#6b4a2b", 0)


def mango(c: Canvas) -> None:
    c.shadow(22, 80, 78)
    one_mango(c, 63, 52, "#f2a93b", "#d9482b")
    one_mango(c, 41, 58, "#f7bd45", "#e2603a")
    c.fill(leaf(38, 36, 20, -62), "#3f9450", 0.2)


def avocado(c: Canvas) -> None:
    c.shadow(20, 82, 80)
    whole = curve((62, 20), (70, 28), (79, 50), (80, 66), (68, 79), (55, 74), (48, 60), (54, 34))
    c.fill(whole, "#3c6b35", 0.28)
    c.shine(turned(oval(58, 34, 61.5, 48), -8, 60, 40), 0.25)
    half = curve((40, 27), (48, 36), (57, 58), (55, 74), (40, 82), (25, 74), (23, 58), (32, 36))
    c.fill(half, "#2f5a2c", 0.2)
    flesh = curve((40, 31), (46, 39), (53, 58), (51, 71), (40, 77), (29, 71), (27, 58), (34, 39))
    c.fill(flesh, "#cfe08a", 0.06)
    inner = curve((40, 36), (45, 43), (50, 58), (48, 69), (40, 73), (32, 69), (30, 58), (35, 43))
    c.fill(inner, "#eef0b0", 0.05)
    c.fill(disc(40, 61, 9), "#8a5530", 0.3)
    c.shine(disc(37, 57.5, 2), 0.4)


def banana(c: Canvas) -> None:
    c.shadow(20, 78, 78)
    for angle, colour in ((-34, "#e3b52c"), (-16, "#efc437"), (2, "#f6d14a"), (20, "#fbdc5e")):
        finger = curve(
            (47, 24), (52, 24), (55, 38), (55, 56), (47, 76), (40, 80), (38, 77), (44, 62),
            (46, 44),
        )  # fmt: skip
        c.fill(turned(finger, angle, 50, 24), colour, 0.16)
        ridge = stroke([(51.5, 32), (51.5, 50), (46, 70)], 0.7)
        c.dim(turned(ridge, angle, 50, 24), 0.14)
        c.fill(turned(disc(39.6, 78, 1.6), angle, 50, 24), "#5c4322", 0)
    c.fill(curve((45, 17), (54, 17), (56, 27), (50, 31), (43, 27)), "#8a7a2b", 0.2)


def pineapple(c: Canvas) -> None:
    c.shadow(32, 70, 86)
    for angle, size in ((-52, 20), (52, 20), (-34, 25), (34, 25), (-15, 29), (15, 29), (0, 31)):
        c.fill(leaf(50, 42, size, angle), mix("#2f7d46", "#66b35a", abs(angle) / 70), 0.2)
    body = oval(32, 36, 68, 87)
    c.fill(body, "#e3a02f", 0.26)
    for shift in range(-60, 70, 8):
        net = both(
            stroke([(50 + shift - 30, 32), (50 + shift + 30, 92)], 0.8),
            stroke([(50 + shift + 30, 32), (50 + shift - 30, 92)], 0.8),
        )
        c.dim(within(net, body), 0.3)


def one_tomato(c: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    body = oval(x - radius, y - radius * 0.9, x + radius, y + radius * 0.9)
    c.fill(body, colour, 0.26)
    c.shine(turned(oval(x - radius * 0.7, y - radius * 0.6, x - radius * 0.4, y), -20, x, y), 0.3)
    for turn in range(5):
        sepal = leaf(x, y - radius * 0.74, radius * 0.5, turn * 72 + 20)
        c.fill(sepal, "#3d8b47", 0.15)
    c.fill(stroke([(x, y - radius * 0.74), (x + 1, y - radius * 1.15)], 1.5), "#2f6f38", 0)


def tomato(c: Canvas) -> None:
    c.shadow(20, 80, 78)
    one_tomato(c, 50, 46, 16, "#c93a2e")
    one_tomato(c, 36, 62, 18, "#dd4a38")
    one_tomato(c, 66, 63, 17, "#d4402f")


DRAWINGS = {
    "mango": mango,
    "avocado": avocado,
    "banana": banana,
    "pineapple": pineapple,
    "tomato": tomato,
}
