"""Where the picture of a product is, by the path its row holds."""

from functools import cache
from pathlib import Path

DEMO = "demo/"
_DEMO_PICTURES = Path(__file__).parent / "demo" / "pictures"


def find(path: str) -> Path | None:
    """The file of a picture that comes with the program; None for any other path."""
    if not path.startswith(DEMO):
        return None
    return _files().get(Path(path.removeprefix(DEMO)).name)


@cache
def _files() -> dict[str, Path]:
    """By name: a name that somebody made up never reaches the file system."""
    return {file.name: file for file in _DEMO_PICTURES.iterdir() if file.is_file()}
