"""Where the picture of a product is, by the path its row holds."""

from pathlib import Path

DEMO = "demo/"
_DEMO_PICTURES = Path(__file__).parent / "demo" / "pictures"


def find(path: str) -> Path | None:
    """The file of a picture that comes with the program; None for any other path."""
    if not path.startswith(DEMO):
        return None
    file = _DEMO_PICTURES / Path(path.removeprefix(DEMO)).name
    return file if file.is_file() else None
