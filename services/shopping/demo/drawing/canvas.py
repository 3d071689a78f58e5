"""A canvas for flat pictures with a little volume, in hundredths of the picture's side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

SIDE = 600
FINE = 3  # drawn three times as large, then made small: smooth edges
BIG = SIDE * FINE
UNIT = BIG / 100

Point = tuple[float, float]
Colour = str  # "#rrggbb"
Mask = Image.Image  # "L", white where the shape is


def _rgb(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def mix(one: Colour, other: Colour, part: float) -> Colour:
    """`one` with `part` (0 to 1) of `other` in it."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def smooth(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """A closed curve through the points (Catmull–Rom)."""
    found: list[Point] = []
    count = len(points)
    for i in range(count):
        p0, p1, p2, p3 = (points[(i + k - 1) % count] for k in range(4))
        for step in range(steps):
            t = step / steps
            found.append(
                (_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t))
            )
    return found  # fmt: skip


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


# -- masks ---------------------------------------------------------------------------


def _empty() -> Mask:
    return Image.new("L", (BIG, BIG), 0)


def polygon(points: Sequence[Point]) -> Mask:
    mask = _empty()
    ImageDraw.Draw(mask).polygon([(x * UNIT, y * UNIT) for x, y in points], fill=255)
    return mask


def curve(*points: Point) -> Mask:
    """The inside of a smooth closed curve."""
    return polygon(smooth(points))


def mirrored(*right: Point) -> Mask:
    """A smooth shape symmetrical about the middle, from the points of its right half."""
    return curve(*right, *((100 - x, y) for x, y in reversed(right)))


def oval(left: float, top: float, right: float, bottom: float) -> Mask:
    mask = _empty()
    ImageDraw.Draw(mask).ellipse([left * UNIT, top * UNIT, right * UNIT, bottom * UNIT], fill=255)
    return mask


def disc(x: float, y: float, radius: float) -> Mask:
    return oval(x - radius, y - radius, x + radius, y + radius)


def box(left: float, top: float, right: float, bottom: float, round: float = 0) -> Mask:
    mask = _empty()
    edges = [left * UNIT, top * UNIT, right * UNIT, bottom * UNIT]
    ImageDraw.Draw(mask).rounded_rectangle(edges, radius=round * UNIT, fill=255)
    return mask


def stroke(points: Sequence[Point], width: float) -> Mask:
    """A line with round joints and ends."""
    mask = _empty()
    pen = ImageDraw.Draw(mask)
    drawn = [(x * UNIT, y * UNIT) for x, y in points]
    pen.line(drawn, fill=255, width=round(width * UNIT), joint="curve")
    half = width * UNIT / 2
    for x, y in drawn:
        pen.ellipse([x - half, y - half, x + half, y + half], fill=255)
    return mask


def both(one: Mask, other: Mask) -> Mask:
    """Where either is."""
    return ImageChops.lighter(one, other)


def within(one: Mask, other: Mask) -> Mask:
    """Where both are."""
    return ImageChops.darker(one, other)


def without(one: Mask, other: Mask) -> Mask:
    """Where one is and the other is not."""
    return ImageChops.subtract(one, other)


def turned(mask: Mask, degrees: float, x: float = 50, y: float = 50) -> Mask:
    """Turned against the clock about a point."""
    return mask.rotate(degrees, Image.Resampling.BICUBIC, center=(x * UNIT, y * UNIT))


# -- the picture ----------------------------------------------------------------------


@dataclass
class Canvas:
    """A ground of one colour with a paler disc behind the thing, and the thing on it."""

    ground: Colour
    image: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        top, bottom = _rgb(mix(self.ground, "#ffffff", 0.28)), _rgb(self.ground)
        column = Image.linear_gradient("L").resize((BIG, BIG))
        self.image = Image.composite(
            Image.new("RGB", (BIG, BIG), bottom), Image.new("RGB", (BIG, BIG), top), column
        )
        self.fill(disc(50, 50, 37), mix(self.ground, "#ffffff", 0.42), volume=0)

    def fill(self, mask: Mask, colour: Colour, volume: float = 0.16) -> None:
        """Paint a mask; `volume` lights its left and darkens its right by that much."""
        self.image.paste(Image.new("RGB", (BIG, BIG), _rgb(colour)), mask=mask)
        edges = mask.getbbox()
        if volume <= 0 or edges is None:
            return
        left, _, right, _ = edges
        ramp = Image.linear_gradient("L").rotate(90).resize((right - left, BIG))
        self._tint(mask, ramp, left, "#fff7e6", lambda v: max(0, 128 - v) * 2 * volume)
        self._tint(mask, ramp, left, "#1c1030", lambda v: max(0, v - 96) * 1.6 * volume)

    def _tint(
        self, mask: Mask, ramp: Mask, left: int, colour: Colour, strength: Callable[[int], float]
    ) -> None:
        layer = _empty()
        layer.paste(ramp.point([round(strength(v)) for v in range(256)]), (left, 0))
        self.image.paste(
            Image.new("RGB", (BIG, BIG), _rgb(colour)), mask=ImageChops.multiply(layer, mask)
        )

    def shadow(self, left: float, right: float, y: float, depth: float = 3.4) -> None:
        """What the thing throws on the floor at height `y`."""
        soft = oval(left, y - depth, right + 4, y + depth).filter(
            ImageFilter.GaussianBlur(1.6 * UNIT)
        )
        dark = _rgb(mix(self.ground, "#2a1a2e", 0.62))
        self.image.paste(Image.new("RGB", (BIG, BIG), dark), mask=soft.point(lambda v: v * 0.6))

    def shine(self, mask: Mask, part: float = 0.35) -> None:
        """A reflection: white, let through by `part`."""
        white = Image.new("RGB", (BIG, BIG), (255, 255, 255))
        self.image.paste(white, mask=mask.point(lambda v: v * part))

    def dim(self, mask: Mask, part: float = 0.18) -> None:
        """A fold or a shade: dark, let through by `part`."""
        dark = Image.new("RGB", (BIG, BIG), (40, 20, 40))
        self.image.paste(dark, mask=mask.point(lambda v: v * part))

    def finished(self) -> Image.Image:
        return self.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
