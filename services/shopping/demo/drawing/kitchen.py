"""What stands in a kitchen, and the soap beside it."""

from services.shopping.demo.drawing.canvas import (
    Canvas,
    box,
    curve,
    disc,
    mix,
    oval,
    polygon,
    turned,
    within,
    without,
)
from services.shopping.demo.drawing.pantry import leaf


def mug(c: Canvas) -> None:
    c.shadow(24, 74, 80)
    c.fill(without(oval(56, 40, 82, 70), oval(61, 45, 77, 65)), "#2b6aa8", 0.25)
    c.fill(box(24, 32, 66, 81, 5), "#2f73b5", 0.28)
    c.fill(oval(24, 27, 66, 38), "#f7f4ec", 0.1)
    c.fill(oval(26, 28.4, 64, 36.8), "#214f80", 0.12)
    c.fill(without(oval(24, 27, 66, 38), oval(25, 27.8, 65, 37.2)), "#1a3a5e", 0)
    for x, y in ((33, 50), (42, 61), (53, 47), (56, 68), (35, 72), (46, 74), (30, 62), (49, 53)):
        c.fill(oval(x - 1.2, y - 0.9, x + 1.2, y + 0.9), "#e8f1f8", 0)
    c.shine(box(28, 42, 30.4, 76, 1.2), 0.35)


def pot(c: Canvas) -> None:
    c.shadow(18, 82, 80)
    for left, right in ((12, 26), (74, 88)):
        c.fill(without(box(left, 50, right, 60, 4), box(left + 3, 53, right - 3, 57, 2)), "#5d6470")
    c.fill(box(20, 43, 80, 81, 7), "#b9c0c9", 0.34)
    c.fill(curve((18, 44), (30, 33), (50, 29.5), (70, 33), (82, 44), (50, 46)), "#ced4db", 0.3)
    c.fill(box(17, 42, 83, 47, 2.4), "#9aa2ad", 0.3)
    c.fill(box(44, 22, 56, 31, 3), "#4a3c36", 0.3)
    c.shine(box(26, 50, 29, 77, 1.5), 0.5)
    c.dim(box(20, 72, 80, 73, 0.5), 0.18)


def kettle(c: Canvas) -> None:
    c.shadow(22, 80, 82)
    handle = without(oval(28, 12, 74, 62), oval(32.5, 16.5, 69.5, 58))
    c.fill(without(handle, box(20, 40, 82, 70)), "#3a3238", 0.2)
    c.fill(curve((72, 64), (80, 50), (84, 40), (90, 41), (87, 52), (76, 74)), "#c94a35", 0.2)
    body = curve((30, 44), (50, 38), (70, 44), (79, 62), (76, 80), (50, 83), (24, 80), (21, 62))
    c.fill(body, "#d8553f", 0.28)
    c.fill(oval(37, 37, 63, 46), "#e4705b", 0.2)
    c.fill(oval(46.4, 30, 53.6, 38), "#3a3238", 0.3)
    c.fill(within(body, box(15, 76, 85, 90)), "#a83a2a", 0.25)
    c.shine(turned(oval(28, 50, 33, 72), -8, 30, 60), 0.4)
    for turn in range(6):
        c.fill(turned(oval(48.6, 55, 51.4, 62), turn * 60, 50, 62), "#ffe6c9", 0)


def stove(c: Canvas) -> None:
    c.shadow(24, 76, 86)
    c.fill(polygon([(24, 36), (76, 36), (66, 62), (34, 62)]), "#3f6f8f", 0.3)
    c.fill(polygon([(34, 62), (66, 62), (72, 86), (28, 86)]), "#35607d", 0.3)
    c.fill(box(33, 59.5, 67, 64, 1), "#294c63", 0.2)
    c.fill(oval(23, 28, 77, 44), "#b4623b", 0.2)
    c.fill(oval(30, 31, 70, 42.5), "#5b2e1e", 0.1)
    embers = (
        (38, 36.5, "#ff9a3c"), (47, 34.6, "#ffb84d"), (56, 36, "#ff8a30"),
        (63, 37.4, "#ff9a3c"), (43, 39.4, "#ffc766"), (52, 39.6, "#ff7a26"),
    )  # fmt: skip
    for x, y, glow in embers:
        c.fill(oval(x - 4.6, y - 2.4, x + 4.6, y + 2.4), glow, 0.2)
    for x in (38, 47, 56):
        c.fill(oval(x - 2.2, 31.5, x + 2.6, 34), "#3a2622", 0.1)
    c.fill(box(42, 69, 58, 81, 2), "#1d2e3a", 0)
    c.fill(box(44, 75, 56, 81, 1), "#ff9a3c", 0.2)
    for x in (19, 76):
        c.fill(without(box(x, 38, x + 6, 48, 2.6), box(x + 1.8, 40, x + 4.2, 46, 1)), "#2c2c33", 0)


def bowl(c: Canvas) -> None:
    c.shadow(20, 82, 78)
    outside = within(oval(14, 4, 86, 80), box(0, 42, 100, 100))
    c.fill(outside, "#b97a42", 0.28)
    for depth in (5, 11, 17, 23):
        ring = without(oval(14, 4 + depth, 86, 80 - depth), oval(15, 4 + depth, 85, 79 - depth))
        c.dim(within(ring, outside), 0.22)
    c.fill(oval(14, 32, 86, 53), "#d79c5f", 0.1)
    inside = oval(18, 34.5, 82, 51.5)
    c.fill(inside, "#8f5a2e", 0.18)
    for gap in (3, 7, 11):
        grain = without(oval(18 + gap, 37, 82 - gap, 56), oval(18.8 + gap, 38, 81.2 - gap, 57))
        c.dim(within(grain, inside), 0.22)
    c.fill(box(38, 76, 62, 80.5, 2), "#8f5a2e", 0.2)


def soap(c: Canvas) -> None:
    c.shadow(20, 82, 80)
    for x, y, colour in ((20, 58, "#cfe3b4"), (34, 60, "#dcecc6"), (27, 40, "#e6f2d5")):
        c.fill(box(x, y, x + 46, y + 21, 5), mix(colour, "#6f8f55", 0.3), 0.15)
        c.fill(box(x, y, x + 46, y + 17.5, 5), colour, 0.14)
        c.dim(without(box(x + 4, y + 3, x + 42, y + 14.5, 3), box(x + 4.7, y + 3.7, x + 41.3,
              y + 13.8, 2.5)), 0.14)  # fmt: skip
    for angle in (-38, 0, 38):
        c.fill(leaf(50, 55.5, 10.5, angle), "#4f8f52", 0.15)
    for x, y, radius in ((80, 38, 4), (74, 28, 2.6), (85, 29, 1.8)):
        c.shine(disc(x, y, radius), 0.6)
        c.shine(without(disc(x, y, radius), disc(x, y, radius - 0.6)), 0.6)


DRAWINGS = {
    "mug": mug,
    "pot": pot,
    "kettle": kettle,
    "stove": stove,
    "bowl": bowl,
    "soap": soap,
}
