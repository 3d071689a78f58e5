"""Baskets, beads and wood."""

import math

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


def basket(c: Canvas) -> None:
    c.shadow(24, 78, 86)
    for shift in (0, 5):
        grip = without(oval(32 + shift, 8 + shift, 68 - shift, 66), oval(35 + shift, 11.4 + shift,
                       65 - shift, 62))  # fmt: skip
        c.fill(within(grip, box(0, 0, 100, 40)), "#7a4a28", 0.2)
    body = curve((22, 38), (50, 40), (78, 38), (79, 60), (72, 84), (50, 88), (28, 84), (21, 60))
    c.fill(body, "#d9ae6b", 0.28)
    for top, colour in ((45, "#a8323e"), (55, "#2c5a6e"), (65, "#a8323e")):
        band = without(oval(0, top - 16, 100, top + 8), oval(0, top - 22, 100, top + 2))
        c.fill(within(band, body), colour, 0.26)
    for step in range(-1, 14):
        x = 18 + step * 5
        tooth = polygon([(x, 56), (x + 2.5, 61.4), (x + 5, 56), (x + 2.5, 52)])
        c.fill(within(tooth, body), "#f0d49a", 0.1)
    for y in range(42, 88, 3):
        weave = without(oval(0, y - 18, 100, y + 3), oval(0, y - 18.6, 100, y + 2.4))
        c.dim(within(weave, body), 0.16)
    c.fill(without(oval(21, 31, 79, 45), oval(24, 33, 76, 43)), "#b98546", 0.24)
    c.fill(oval(24, 33, 76, 43), "#7b5227", 0.1)


def bracelet(c: Canvas) -> None:
    c.shadow(22, 80, 78)
    colours = ("#d63a35", "#f6f1e4", "#2467a8", "#f3b72f", "#1f1f28", "#3a9a5b")
    for row, (wide, high) in enumerate(((30, 22), (25.2, 17.4), (20.4, 12.8))):
        count = 40 - row * 7
        for bead in range(count):
            angle = 2 * math.pi * bead / count
            x, y = 50 + wide * math.cos(angle), 54 + high * math.sin(angle)
            pattern = (bead // 2 + row) % len(colours)
            c.fill(disc(x, y, 2.35), colours[pattern], 0.28)
            c.shine(disc(x - 0.7, y - 0.8, 0.6), 0.6)


def stool(c: Canvas) -> None:
    c.shadow(22, 80, 84)
    for leg in ([(34, 44), (25, 83)], [(50, 46), (50, 87)], [(66, 44), (75, 83)]):
        c.fill(stroke(leg, 7), "#7d4f2a", 0.24)
    c.fill(oval(18, 33, 82, 55), "#6b4122", 0.2)
    seat = oval(18, 28, 82, 50)
    c.fill(seat, "#a66d3c", 0.22)
    dish = oval(25, 31, 75, 46.5)
    c.fill(dish, "#935d31", 0.16)
    for gap in (3, 8, 13, 18):
        outer = oval(25 + gap, 31 + gap * 0.3, 75 - gap, 46.5 - gap * 0.3)
        inner = oval(25.7 + gap, 31.4 + gap * 0.3, 74.3 - gap, 46.1 - gap * 0.3)
        ring = without(outer, inner)
        c.dim(within(ring, dish), 0.22)
    for x in range(24, 80, 6):
        c.fill(
            within(polygon([(x, 48), (x + 3, 52), (x + 6, 48)]), oval(18, 33, 82, 55)), "#d9a566", 0
        )
    c.fill(seat, "#a66d3c", 0.22)
    c.fill(dish, "#935d31", 0.16)


def wallplate(c: Canvas) -> None:
    c.shadow(22, 80, 88)
    rings = (
        (36, "#b5462f"), (32, "#e8c487"), (28.5, "#e8c487"), (25, "#2f5d62"), (21, "#e8c487"),
        (17, "#b5462f"), (13, "#e8c487"), (9, "#2f5d62"), (5, "#f0d9a5"),
    )  # fmt: skip
    for radius, colour in rings:
        c.fill(disc(50, 50, radius), colour, 0.1)
    for turn in range(16):
        c.fill(turned(polygon([(47.4, 21.6), (52.6, 21.6), (50, 27.4)]), turn * 22.5), "#2f5d62", 0)
        c.fill(
            turned(polygon([(48.2, 33.6), (51.8, 33.6), (50, 36.4)]), turn * 22.5 + 11),
            "#b5462f",
            0,
        )
    for step in range(2, 15):
        radius = step * 2.4
        c.dim(without(disc(50, 50, radius), disc(50, 50, radius - 0.5)), 0.2)


def drum(c: Canvas) -> None:
    c.shadow(28, 74, 88)
    c.fill(curve((28, 28), (50, 30), (72, 28), (68, 48), (60, 64), (63, 86), (50, 88.6), (37, 86),
                 (40, 64), (32, 48)), "#8a5128", 0.3)  # fmt: skip
    c.fill(box(38.6, 61, 61.4, 66, 1.6), "#5d3417", 0.2)
    for step in range(6):
        x = 30 + step * 8
        c.fill(stroke([(x, 34), (50 + (x - 50) * 0.62, 60)], 0.9), "#f0dcb4", 0)
        c.fill(stroke([(x + 4, 34), (50 + (x - 50) * 0.62, 60)], 0.9), "#f0dcb4", 0)
    c.fill(box(26.4, 24, 73.6, 36, 4), "#d8b98a", 0.26)
    for x in range(30, 74, 8):
        c.fill(stroke([(x, 33), (x, 38)], 1.8), "#5d3417", 0.1)
    c.fill(oval(26.4, 18, 73.6, 31), "#f4e6c8", 0.14)
    c.dim(without(oval(26.4, 18, 73.6, 31), oval(28, 19, 72, 30)), 0.2)
    for x in (38, 50, 62):
        c.fill(polygon([(x - 3, 78), (x, 72), (x + 3, 78), (x, 84)]), "#e5b25d", 0.1)


DRAWINGS = {
    "basket": basket,
    "bracelet": bracelet,
    "stool": stool,
    "wallplate": wallplate,
    "drum": drum,
}
