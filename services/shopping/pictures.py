"""Where the picture of a product is, by the path its row holds."""

from functools import cache
from pathlib import Path

DEMO = "demo/"
SENT = "files/"  # what a member sent, by its key in the files port
_DEMO_PICTURES = Path(__file__).parent / "demo" / "pictures"


def address(path: str) -> str:
    """Where it is shown, below our public address."""
    return f"/{path}" if path.startswith(SENT) else f"/pictures/{path}"


def find(path: str) -> Path | None:
    """The file of a picture that comes with the program; None for any other path."""
    if not path.startswith(DEMO):
        return None
    return _files().get(Path(path.removeprefix(DEMO)).name)


@cache
def _files() -> dict[str, Path]:
    """By name: a name that somebody made up never reaches the file system."""
    return {file.name: file for file in _DEMO_PICTURES.iterdir() if file.is_file()}
