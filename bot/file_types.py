"""What a file really is, by its first bytes; what it says of itself is not asked."""

import io
import zipfile
from typing import NamedTuple

MEGABYTE = 1024 * 1024


class FileType(NamedTuple):
    mime_type: str
    extension: str


JPEG, PNG = FileType("image/jpeg", "jpg"), FileType("image/png", "png")
WEBP, PDF = FileType("image/webp", "webp"), FileType("application/pdf", "pdf")
OGG, MP3 = FileType("audio/ogg", "ogg"), FileType("audio/mpeg", "mp3")
AAC, AMR = FileType("audio/aac", "aac"), FileType("audio/amr", "amr")
M4A, MP4 = FileType("audio/mp4", "m4a"), FileType("video/mp4", "mp4")
THREE_GP, TEXT = FileType("video/3gpp", "3gp"), FileType("text/plain", "txt")
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = FileType(f"{_OFFICE}.wordprocessingml.document", "docx")
XLSX = FileType(f"{_OFFICE}.spreadsheetml.sheet", "xlsx")
PPTX = FileType(f"{_OFFICE}.presentationml.presentation", "pptx")

_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"%PDF-", PDF),
    (b"OggS", OGG),
    (b"ID3", MP3),
    (b"\xff\xfb", MP3),
    (b"\xff\xf3", MP3),
    (b"\xff\xf2", MP3),
    (b"\xff\xf1", AAC),
    (b"\xff\xf9", AAC),
    (b"#!AMR", AMR),
)
_PARTS = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
_SOUND = frozenset({OGG, MP3, AAC, AMR, M4A, MP4})

TAKEN: dict[str, tuple[int, frozenset[FileType]]] = {
    "image": (8 * MEGABYTE, frozenset({JPEG, PNG, WEBP})),
    "sticker": (MEGABYTE, frozenset({WEBP})),
    "voice": (16 * MEGABYTE, _SOUND),
    "audio": (16 * MEGABYTE, _SOUND),
    "video": (16 * MEGABYTE, frozenset({MP4, THREE_GP})),
    "document": (25 * MEGABYTE, frozenset({PDF, DOCX, XLSX, PPTX, TEXT, JPEG, PNG})),
}
"""By the kind of message: how large a file may be, in bytes, and what it may be."""

BY_EXTENSION = {one.extension: one for _, types in TAKEN.values() for one in types}


def sniff(content: bytes) -> FileType | None:
    """None for what we have no use for, or would rather not keep."""
    for start, found in _STARTS:
        if content.startswith(start):
            return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp":
        return _film(content[8:12])
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return TEXT if _is_text(content) else None


def _film(brand: bytes) -> FileType:
    if brand.startswith(b"3g"):
        return THREE_GP
    return M4A if brand in (b"M4A ", b"M4B ") else MP4


def _office(content: bytes) -> FileType | None:
    """A document in a zip archive; one with a program in it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any("vbaProject" in name for name in names):
        return None
    for folder, found in _PARTS:
        if any(name.startswith(folder) for name in names):
            return found
    return None


def _is_text(content: bytes) -> bool:
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    shown = all(char.isprintable() or char in "\t\r\n\f" for char in words)
    return bool(words.strip()) and shown and not words.lstrip().startswith("<")
