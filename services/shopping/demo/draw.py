"""Draws the demo shop's pictures: `python -m services.shopping.demo.draw [--sheet sheet.png]`."""

import argparse
from io import BytesIO
from pathlib import Path

from PIL import Image

from services.shopping.demo.drawing import DRAWINGS, GROUNDS
from services.shopping.demo.drawing.canvas import Canvas

PICTURES = Path(__file__).parent / "pictures"
LARGEST = 25_000
"""Bytes: a picture opens at once on a slow line."""


def draw(name: str) -> Image.Image:
    """One picture, by the name of its file without the ending."""
    shelf = next(shelf for shelf, drawings in DRAWINGS.items() if name in drawings)
    canvas = Canvas(GROUNDS[shelf])
    DRAWINGS[shelf][name](canvas)
    return canvas.finished()


def names() -> list[str]:
    return [name for drawings in DRAWINGS.values() for name in drawings]


def small(picture: Image.Image) -> bytes:
    """As a JPEG of at most LARGEST bytes, as fine as that allows."""
    for quality in range(88, 40, -4):
        written = BytesIO()
        picture.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
        if written.tell() <= LARGEST:
            return written.getvalue()
    raise ValueError("this picture has too much in it")


def sheet(pictures: list[Image.Image], across: int = 8, side: int = 220) -> Image.Image:
    """All of them side by side, to look at."""
    down = -(-len(pictures) // across)
    whole = Image.new("RGB", (across * side, down * side), "white")
    for place, picture in enumerate(pictures):
        where = (place % across * side, place // across * side)
        whole.paste(picture.resize((side, side), Image.Resampling.LANCZOS), where)
    return whole


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sheet", type=Path, help="also write all of them on one sheet")
    chosen = options.parse_args()
    PICTURES.mkdir(exist_ok=True)
    pictures = [draw(name) for name in names()]
    for name, picture in zip(names(), pictures, strict=True):
        (PICTURES / f"{name}.jpg").write_bytes(small(picture))
    if chosen.sheet:
        sheet(pictures).save(chosen.sheet)


if __name__ == "__main__":
    main()
