"""What a file is, where it is kept, and how it is shown to whom it is passed on."""

import asyncio
import io
import os
import zipfile
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.file_types import DOCX, JPEG, M4A, MP4, PDF, TEXT, THREE_GP, WEBP, FileType, sniff
from bot.files import FolderFiles
from bot.web.server import application
from handlers.pages.files import FilePages, file_at
from services.ground.files import NoSuchFile

PICTURE = b"\xff\xd8\xff\xe0 a picture"


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name in names:
            zipped.writestr(name, "x")
    return made.getvalue()


def inside(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PICTURE, JPEG),
        (b"%PDF-1.7", PDF),
        (b"RIFF\0\0\0\0WEBPVP8 ", WEBP),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\0\0\0\x18ftypM4A ", M4A),
        (b"\0\0\0\x18ftypisom", MP4),
        (b"\0\0\0\x18ftyp3gp4", THREE_GP),
        (archive("[Content_Types].xml", "word/document.xml"), DOCX),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (archive("virus.exe"), None),
        (b"PK\x03\x04 broken", None),
        (b"Jina,Kiasi\nMchele,2\n", TEXT),
        (b"<html></html>", None),
        (b"\n\t<svg onload=alert(1)>", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
        (b"MZ\x90\0", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, found: FileType | None) -> None:
    assert sniff(content) == found


async def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    kept = FolderFiles(tmp_path)
    keys = await asyncio.gather(*(kept.put(PICTURE, "jpg") for _ in range(8)))
    assert len(set(keys)) == 1
    assert len(inside(tmp_path)) == 1
    assert await kept.get(keys[0]) == PICTURE


async def test_a_file_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        await FolderFiles(tmp_path).put(PICTURE, "jpg")
    assert inside(tmp_path) == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "ab.jpg", "0" * 64, f"{'0' * 64}.jpg"])
async def test_no_other_file_is_reached(tmp_path: Path, key: str) -> None:
    with pytest.raises(NoSuchFile):
        await FolderFiles(tmp_path).get(key)


async def test_a_file_is_shown_as_what_it_is_and_can_do_nothing(tmp_path: Path) -> None:
    kept = FolderFiles(tmp_path)
    key = await kept.put(PICTURE, "jpg")
    async with TestClient(TestServer(application(FilePages(kept).routes()))) as client:
        answer = await client.get(f"/files/{key}")
        assert (answer.status, await answer.read()) == (200, PICTURE)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for other in (f"/files/{key[:-1]}", f"/files/{'0' * 64}.jpg", "/files/..%2f..%2fx"):
            assert (await client.get(other)).status == 404


async def test_a_file_is_found_by_its_path_for_whoever_cannot_fetch_it(tmp_path: Path) -> None:
    kept = FolderFiles(tmp_path)
    key = await kept.put(PICTURE, "jpg")
    found = file_at(kept, f"/files/{key}")
    assert found is not None
    assert (found.path.read_bytes(), found.mime_type) == (PICTURE, "image/jpeg")
    for path in (f"/files/{'0' * 64}.jpg", "/files/../secrets.json", f"/pictures/{key}", key):
        assert file_at(kept, path) is None
