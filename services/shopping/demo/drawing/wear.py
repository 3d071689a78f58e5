"""Clothes, shoes and bags."""

from collections.abc import Sequence

from services.shopping.demo.drawing.canvas import (
    Canvas,
    Colour,
    Mask,
    Point,
    box,
    curve,
    disc,
    mix,
    oval,
    polygon,
    stroke,
    turned,
    within,
    without,
)


def folded(c: Canvas, left: float, top: float, cloth: Colour, border: Colour, dots: Colour) -> None:
    """A folded cloth with a printed border, seen from above."""
    whole = box(left, top, left + 50, top + 46, 3)
    c.fill(box(left + 1, top + 3, left + 51.5, top + 48.5, 3), mix(cloth, "#201030", 0.35), 0.1)
    c.fill(whole, border, 0.1)
    c.fill(box(left + 6, top + 6, left + 44, top + 40, 2), cloth, 0.1)
    for row in range(3):
        for column in range(4):
            x, y = left + 11 + column * 9.4, top + 12 + row * 11
            for turn in range(4):
                c.fill(turned(oval(x - 1.2, y - 4, x + 1.2, y), turn * 90 + 45, x, y), dots, 0)
            c.fill(disc(x, y, 1.1), border, 0)
    for step in range(9):
        c.fill(disc(left + 5 + step * 5, top + 3, 1.1), dots, 0)
        c.fill(disc(left + 5 + step * 5, top + 43, 1.1), dots, 0)
    c.dim(within(whole, box(left + 24.6, top, left + 25.4, top + 46)), 0.2)


def kanga(c: Canvas) -> None:
    c.shadow(20, 84, 82)
    folded(c, 34, 18, "#1f6f8b", "#123f5a", "#f2d16b")
    folded(c, 16, 34, "#f0a02e", "#b3282d", "#fff0c9")


TORSO = [
    (36, 22), (43, 20), (57, 20), (64, 22), (86, 34), (79, 50), (70, 46), (70, 84), (30, 84),
    (30, 46), (21, 50), (14, 34),
]  # fmt: skip


def torso(c: Canvas, colour: Colour) -> Mask:
    """A shirt laid flat; returns its mask."""
    c.shadow(26, 74, 86)
    mask = polygon(TORSO)
    c.fill(mask, colour, 0.16)
    c.dim(polygon([(30, 46), (31.5, 42), (33, 84), (30, 84)]), 0.16)
    c.dim(polygon([(70, 46), (68.5, 42), (67, 84), (70, 84)]), 0.2)
    return mask


def shirt(c: Canvas) -> None:
    mask = torso(c, "#c8432f")
    for row in range(6):
        for column in range(8):
            x, y = 14 + column * 10.4 + (row % 2) * 5.2, 25 + row * 11.4
            ring = without(disc(x, y, 3.9), disc(x, y, 2.7))
            c.fill(within(ring, mask), "#f4b942", 0)
            c.fill(within(disc(x, y, 1.4), mask), "#1d4e6b", 0)
    c.fill(within(box(48, 22, 52, 84), mask), "#a5331f", 0)
    for y in (36, 47, 58, 69, 79):
        c.fill(disc(50, y, 1.3), "#6b4423", 0.2)
    c.fill(polygon([(43, 20), (50, 30), (40, 32), (36, 22)]), "#1d4e6b", 0.15)
    c.fill(polygon([(57, 20), (50, 30), (60, 32), (64, 22)]), "#1d4e6b", 0.15)
    c.fill(polygon([(43, 20), (57, 20), (50, 29)]), "#7d2416", 0)


def tshirt(c: Canvas) -> None:
    mask = torso(c, "#3f8f86")
    c.fill(within(oval(40, 12, 60, 30), mask), "#2c6b64", 0)
    c.fill(within(oval(42, 12, 58, 27.5), mask), "#1f4d48", 0)
    for line in ([(20, 46.8), (14.6, 36)], [(80, 46.8), (85.4, 36)], [(31, 81), (69, 81)]):
        c.dim(within(stroke(line, 0.7), mask), 0.25)
    c.dim(polygon([(42, 50), (44, 50), (40, 82), (37, 82)]), 0.07)
    c.dim(polygon([(58, 44), (60, 44), (64, 82), (61, 82)]), 0.07)


def sandal(c: Canvas, x: float, flip: int) -> None:
    def at(points: Sequence[Point]) -> list[Point]:
        return [(x + flip * px, py) for px, py in points]

    sole = [(-5, 20), (6, 17), (12, 27), (12, 42), (9, 56), (10, 72), (4, 83), (-6, 82), (-9, 70),
            (-8, 54), (-11, 38)]  # fmt: skip
    c.fill(curve(*at([(px + 0.9, py + 1.8) for px, py in sole])), "#5a3720", 0.1)
    mask = curve(*at(sole))
    c.fill(mask, "#b57a45", 0.16)
    stitched = curve(*at([(px * 0.86, 50 + (py - 50) * 0.94) for px, py in sole]))
    inner = curve(*at([(px * 0.8, 50 + (py - 50) * 0.92) for px, py in sole]))
    c.shine(without(stitched, inner), 0.3)
    for start, bend, end in (((-11, 43), (2, 30), (12, 45)), ((-9, 60), (0, 51), (10, 60))):
        points = at([start, (start[0] * 0.5, bend[1] + 4), bend, (end[0] * 0.55, bend[1] + 4), end])
        c.fill(stroke(points, 5.4), "#6e3f22", 0.2)
        for (px, py), colour in zip(points, ("#e0483a", "#f3c94b", "#2f86b5", "#f3c94b", "#e0483a"),
                                    strict=True):  # fmt: skip
            c.fill(disc(px, py, 1.5), colour, 0.1)


def sandals(c: Canvas) -> None:
    c.shadow(22, 80, 84)
    sandal(c, 34, -1)
    sandal(c, 66, 1)


def hat(c: Canvas) -> None:
    c.shadow(12, 88, 70)
    brim = oval(8, 46, 92, 74)
    c.fill(brim, "#dcb56c", 0.2)
    for grow in (4, 9, 14, 19):
        edge = oval(8 + grow, 46 + grow / 3, 92 - grow, 74 - grow / 3)
        rim = oval(8.7 + grow, 46.5 + grow / 3, 91.3 - grow, 73.5 - grow / 3)
        c.dim(without(edge, rim), 0.18)
    crown = curve((30, 58), (32, 40), (40, 30), (50, 28), (60, 30), (68, 40), (70, 58), (50, 63))
    c.fill(crown, "#e7c581", 0.26)
    for y in (36, 41, 46):
        c.dim(
            within(without(oval(20, y, 80, y + 12), oval(20, y - 0.7, 80, y + 11.3)), crown), 0.16
        )
    c.fill(within(without(crown, oval(25, 38, 75, 55.4)), box(0, 46, 100, 70)), "#b33a3a", 0.24)


def backpack(c: Canvas) -> None:
    c.shadow(26, 76, 88)
    c.fill(without(oval(40, 9, 60, 28), oval(43.4, 12.4, 56.6, 26)), "#6e4526", 0.1)
    c.fill(curve((30, 28), (38, 18), (50, 16), (62, 18), (70, 28), (74, 60), (72, 86), (50, 88.5),
                 (28, 86), (26, 60)), "#5f7d5a", 0.26)  # fmt: skip
    c.fill(curve((29, 31), (38, 19), (50, 17), (62, 19), (71, 31), (70, 44), (50, 48), (30, 44)),
           "#6f9068", 0.22)  # fmt: skip
    c.fill(box(32, 56, 68, 82, 4), "#54704f", 0.22)
    c.dim(box(32, 62.4, 68, 63.3), 0.3)
    for x in (40, 60):
        c.fill(box(x - 2.3, 36, x + 2.3, 60, 1.2), "#8a5a33", 0.2)
        c.fill(without(box(x - 3.4, 49, x + 3.4, 56, 1.2), box(x - 1.8, 50.6, x + 1.8, 54.4, 0.6)),
               "#d8b25a", 0.1)  # fmt: skip
    for left in (22, 72):
        c.fill(box(left, 58, left + 6, 82, 3), "#4d6849", 0.2)


DRAWINGS = {
    "kanga": kanga,
    "shirt": shirt,
    "tshirt": tshirt,
    "sandals": sandals,
    "hat": hat,
    "backpack": backpack,
}
