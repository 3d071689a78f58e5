"""Juice, water and what else is drunk."""

from services.shopping.demo.drawing.canvas import (
    Canvas,
    Colour,
    both,
    box,
    curve,
    disc,
    mix,
    oval,
    polygon,
    stroke,
    turned,
    within,
)
from services.shopping.demo.drawing.pantry import leaf


def carton(c: Canvas, colour: Colour, band: Colour) -> None:
    """A carton with a gable and a cap, seen a little from the side."""
    c.shadow(30, 74, 88)
    side = mix(colour, "#20102a", 0.22)
    c.fill(polygon([(60, 34), (72, 30), (72, 84), (60, 88)]), side, 0.1)
    c.fill(polygon([(30, 34), (60, 34), (60, 88), (30, 88)]), colour, 0.12)
    c.fill(polygon([(30, 34), (60, 34), (57, 19), (33, 19)]), mix(colour, "#ffffff", 0.22), 0.1)
    c.fill(polygon([(60, 34), (72, 30), (57, 19)]), mix(colour, "#20102a", 0.34), 0)
    c.fill(box(32, 13, 58, 20, 1), mix(colour, "#20102a", 0.12), 0.1)
    c.fill(oval(40, 22, 51, 31), "#ffffff", 0.25)
    c.fill(polygon([(30, 48), (60, 48), (60, 80), (30, 80)]), band, 0.06)
    c.fill(polygon([(60, 48), (72, 44), (72, 76), (60, 80)]), mix(band, "#20102a", 0.2), 0)


def juice_mango(c: Canvas) -> None:
    carton(c, "#f09a36", "#fff3d8")
    x, y = 45, 65
    body = curve(
        (x - 2, y - 11), (x + 7, y - 8), (x + 11, y), (x + 7, y + 9), (x - 2, y + 11),
        (x - 10, y + 6), (x - 10, y - 3), (x - 7, y - 9),
    )  # fmt: skip
    c.fill(body, "#f6b23c", 0.2)
    c.fill(within(body, disc(x + 9, y - 6, 8)), "#e36a38", 0.1)
    c.fill(leaf(43, 54, 10, -60), "#3f9450", 0.15)


def juice_passion(c: Canvas) -> None:
    carton(c, "#7b3f86", "#fbeaf3")
    c.fill(disc(45, 64, 11.5), "#5a2a63", 0.2)
    c.fill(disc(45, 64, 9), "#f3dcae", 0.05)
    c.fill(disc(45, 64, 7.4), "#eeb02e", 0.12)
    for x, y in ((42, 61), (46, 60), (49, 63), (41, 65.5), (45, 65), (48, 67.5), (44, 69)):
        c.fill(turned(oval(x - 0.8, y - 1.4, x + 0.8, y + 1.4), 20, x, y), "#3a2417", 0)


def can(c: Canvas, x: float, top: float, bottom: float) -> None:
    """A drinks can about x."""
    c.fill(box(x - 9.5, top + 3, x + 9.5, bottom, 3), "#b8285a", 0.32)
    c.fill(oval(x - 8.4, top, x + 8.4, top + 6.4), "#d9dce4", 0.25)
    c.fill(oval(x - 6.6, top + 1.2, x + 6.6, top + 5.2), "#aeb3c0", 0.1)
    middle = (top + bottom) / 2 + 3
    for turn in range(5):
        c.fill(
            turned(oval(x - 2.5, middle - 9, x + 2.5, middle), turn * 72, x, middle), "#ff8fb3", 0
        )
    c.fill(disc(x, middle, 2), "#ffe08a", 0)
    c.shine(box(x - 7.6, top + 8, x - 6, bottom - 4, 0.8), 0.4)


def hibiscus(c: Canvas) -> None:
    c.shadow(18, 82, 84)
    for x in (33, 67):
        can(c, x, 31, 80)
    can(c, 50, 36, 84)


def bottle(c: Canvas, x: float, glass: Colour, cap: Colour) -> None:
    """A bottle about x, standing on 86."""
    shift = x - 50
    half = [(54, 18), (54.5, 31), (60, 41), (61.4, 50), (61.4, 70)]
    points = [(px + shift, py) for px, py in half]
    points += [(100 - px + shift, py) for px, py in reversed(half)]
    c.fill(both(curve(*points), box(x - 11.4, 60, x + 11.4, 86, 3)), glass, 0.26)
    c.fill(box(x - 4.6, 13, x + 4.6, 20, 1.4), cap, 0.25)
    c.shine(box(x - 8.4, 46, x - 6.6, 80, 0.9), 0.5)


def water(c: Canvas) -> None:
    c.shadow(20, 82, 86)
    for x in (32, 68, 50):
        bottle(c, x, "#9fd4ea", "#2a6fb0")
        c.fill(box(x - 11.3, 52, x + 11.3, 69), "#ffffff", 0.12)
        drop = curve((x, 53.5), (x + 4, 60), (x + 3, 65), (x, 66.6), (x - 3, 65), (x - 4, 60))
        c.fill(drop, "#3b93cc", 0.2)


def ginger(c: Canvas) -> None:
    c.shadow(24, 78, 86)
    for x in (37.5, 62.5):
        bottle(c, x, "#8a4b1f", "#d9a441")
        c.fill(box(x - 11.3, 50, x + 11.3, 71), "#f6e3b8", 0.1)
        root = stroke([(x - 6, 63), (x, 60), (x + 6, 62)], 5)
        c.fill(root, "#d6a25a", 0.2)
        c.fill(stroke([(x - 1, 60), (x - 3, 54.5)], 4), "#d6a25a", 0.15)
        c.fill(stroke([(x + 3, 61), (x + 5.5, 66.5)], 3.6), "#c8924a", 0.1)


DRAWINGS = {
    "juice-mango": juice_mango,
    "juice-passion": juice_passion,
    "hibiscus": hibiscus,
    "water": water,
    "ginger": ginger,
}
