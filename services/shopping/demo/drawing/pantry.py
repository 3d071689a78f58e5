"""Tea, coffee, honey and what else stands in a pantry."""

from services.shopping.demo.drawing.canvas import (
    Canvas,
    Colour,
    Mask,
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


def leaf(x: float, y: float, size: float, angle: float) -> Mask:
    """A leaf whose stalk is at the point, growing upwards before it is turned."""
    shape = curve(
        (x, y),
        (x + size * 0.34, y - size * 0.45),
        (x, y - size),
        (x - size * 0.34, y - size * 0.45),
    )
    return turned(shape, angle, x, y)


def pouch(c: Canvas, colour: Colour, label: Colour) -> None:
    """A standing pouch with a folded top and a round label."""
    c.shadow(27, 73, 84)
    body = curve(
        (30, 24), (50, 23), (70, 24), (71, 45), (74, 70), (73, 84), (50, 86), (27, 84), (26, 70),
        (29, 45),
    )  # fmt: skip
    c.fill(body, colour, 0.24)
    c.fill(box(30, 18, 70, 27, 1.5), mix(colour, "#000000", 0.18), 0.2)
    c.shine(box(31, 21.6, 69, 22.4), 0.25)
    c.fill(disc(50, 56, 15.5), label, 0.05)


def tea(c: Canvas) -> None:
    pouch(c, "#2f7d54", "#f6e9c9")
    for angle, colour in ((52, "#3f9a5f"), (-52, "#3f9a5f"), (0, "#2b6f45")):
        c.fill(leaf(50, 65, 19, angle), colour, 0.15)
    c.fill(stroke([(50, 66), (50, 52)], 0.7), "#1f5234", 0)


def coffee(c: Canvas) -> None:
    pouch(c, "#5b3624", "#f3dfc1")
    for x, y, angle in ((45, 53, 30), (56, 60, -25)):
        bean = turned(oval(x - 5, y - 7.5, x + 5, y + 7.5), angle, x, y)
        c.fill(bean, "#6f4128", 0.25)
        crease = [(x, y - 6), (x + 1.4, y - 2), (x - 1.4, y + 2), (x, y + 6)]
        c.fill(turned(stroke(crease, 1.1), angle, x, y), "#3a2013", 0)


def jar(c: Canvas, content: Colour, lid: Colour, label: Colour) -> None:
    """A glass jar, full."""
    c.shadow(27, 73, 84)
    c.fill(box(28, 34, 72, 85, 9), content, 0.26)
    c.fill(box(32, 30, 68, 38, 3), mix(content, "#ffffff", 0.25), 0.2)
    c.fill(box(29, 20, 71, 32, 3), lid, 0.28)
    for x in range(32, 70, 4):
        c.dim(box(x, 22, x + 0.9, 31), 0.14)
    c.fill(box(28, 48, 72, 74), label, 0.12)
    c.shine(box(32, 38, 34.6, 80, 1.3), 0.4)


def honey(c: Canvas) -> None:
    jar(c, "#e7a42b", "#8a5a2b", "#fff4d6")
    for x, y in ((50, 56.2), (44.4, 65.8), (55.6, 65.8)):
        cell = [(x, y - 6.2), (x + 5.4, y - 3.1), (x + 5.4, y + 3.1), (x, y + 6.2),
                (x - 5.4, y + 3.1), (x - 5.4, y - 3.1)]  # fmt: skip
        c.fill(polygon(cell), "#d98e1c", 0.12)
        c.fill(stroke([*cell, cell[0]], 0.9), "#fff4d6", 0)


def peanut(c: Canvas) -> None:
    jar(c, "#b9793a", "#c23b32", "#fbe6c4")
    nut = both(turned(oval(37, 54, 52, 68), 12, 44, 61), turned(oval(48, 53, 64, 69), 12, 56, 61))
    c.fill(nut, "#d9a766", 0.25)
    for x, y in ((41, 59), (45, 64), (53, 57), (58, 63), (58, 57), (51, 63)):
        c.dim(disc(x, y, 0.8), 0.3)


def sack(c: Canvas, colour: Colour) -> None:
    """A paper sack, rolled at the top."""
    c.shadow(25, 75, 86)
    c.fill(
        curve((29, 26), (71, 26), (75, 50), (76, 84), (50, 87), (24, 84), (25, 50)), colour, 0.22
    )
    c.fill(box(27, 16, 73, 28, 4), mix(colour, "#8a6a45", 0.22), 0.22)
    c.dim(box(28, 27.5, 72, 28.6, 0.5), 0.25)
    c.dim(polygon([(31, 30), (34, 30), (31, 82), (29, 82)]), 0.08)


def flour(c: Canvas) -> None:
    sack(c, "#f4ead6")
    c.fill(box(25, 46, 75.2, 72), "#d8523f", 0.14)
    cob = oval(43.5, 45, 56.5, 73)
    c.fill(cob, "#f5c542", 0.2)
    for row in range(6):
        for column in range(4):
            dot = disc(45.6 + column * 3 + (row % 2) * 0.4, 49 + row * 4, 1.15)
            c.fill(within(dot, cob), "#dba522", 0)
    c.fill(leaf(50, 77, 25, 28), "#4e9b4d", 0.2)
    c.fill(leaf(50, 77, 25, -28), "#3f8744", 0.2)


def rice(c: Canvas) -> None:
    sack(c, "#e9dcc0")
    c.fill(oval(33, 40, 67, 76), "#2f6f8f", 0.12)
    for x, y, angle in ((44, 52, 20), (54, 50, -30), (50, 60, 60), (41, 63, -15), (58, 62, 10),
                        (50, 69, -60)):  # fmt: skip
        c.fill(turned(oval(x - 1.7, y - 5, x + 1.7, y + 5), angle, x, y), "#fffaf0", 0.12)


def pilau(c: Canvas) -> None:
    c.shadow(30, 70, 82)
    c.fill(box(31, 36, 69, 83, 5), "#c8642b", 0.26)
    c.fill(box(30, 26, 70, 38, 3), "#3c3a45", 0.3)
    for x in range(38, 64, 4):
        c.shine(disc(x, 29, 0.9), 0.3)
    c.fill(box(31, 50, 69, 72), "#fdebd0", 0.1)
    for turn in range(8):
        c.fill(turned(oval(48.4, 51.6, 51.6, 61), turn * 45, 50, 61), "#8b3f1f", 0.1)
    c.fill(disc(50, 61, 2), "#5e2712", 0)
    c.shine(box(34, 41, 36, 80, 1), 0.35)


DRAWINGS = {
    "tea": tea,
    "coffee": coffee,
    "honey": honey,
    "peanut": peanut,
    "flour": flour,
    "rice": rice,
    "pilau": pilau,
}
