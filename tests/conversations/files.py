"""The files of a story: what a phone sent, as it can be fetched, and a drawer to keep it in."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from bot.channels.media import Download, MediaTooLarge, MediaUnavailable
from bot.dialog.said import Attachment
from services.ground.files import NoSuchFile

_CONTENTS = {
    "image": b"\xff\xd8\xff\xe0 a picture",
    "document": b"%PDF-1.7 a document",
}
_GOODS = {
    "goods.csv": """sku,name,category,price,stock
FLOUR-2,Maize flour 2 kg,Food,190,60
BEANS,Yellow beans 1 kg,Food,"Ksh 1,210.50",25
""",
    "mixed.csv": """sku,name,price,stock
BEANS,Yellow beans 1 kg,210,25
PEAS,,180,5
LENTILS,Red lentils,1.250,5
FLOUR-2,Maize flour 2 kg,190,many
,Nothing,5,1
RICE,Pishori rice 1 kg,245,2
GRAM,Green gram,=A1,9
""",
    "strange.csv": "name,price\nBeans,200\n",
    "latin.csv": "sku,name\nCAFE,Caf\N{LATIN SMALL LETTER E WITH ACUTE}\n",
}
"""Files of products, by name."""


class Lens:
    """In the place of the provider: every file is there, but for those named otherwise."""

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        name = attachment.media_id.removeprefix("media-")
        if name == "gone.jpg":
            raise MediaUnavailable
        if name == "huge.jpg":
            raise MediaTooLarge
        if name in _GOODS:
            return Download(_GOODS[name].encode("latin-1"), "text/csv")
        content = _CONTENTS[attachment.kind] + name.encode()
        return Download(b"MZ\x90\0 a program" if name.endswith(".exe") else content, "x/x")


class Drawer:
    """The files port in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def put(self, content: bytes, extension: str) -> str:
        key = f"{hashlib.sha256(content).hexdigest()}.{extension}"
        self._kept[key] = content
        return key

    async def erase_before(self, moment: datetime, keep: Collection[str] = ()) -> None:
        """Nothing in it is as new as that."""
        self._kept = {key: content for key, content in self._kept.items() if key in keep}

    async def get(self, key: str) -> bytes:
        try:
            return self._kept[key]
        except KeyError:
            raise NoSuchFile(key) from None
