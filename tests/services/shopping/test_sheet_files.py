"""Product files as they come: in any dress, hostile ones too."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from services.shopping.sheets import BadFile, Problem, Row, reading
from services.shopping.sheets.reading import Sheet, _unguarded, guarded


def rows(path: Path) -> list[Row | Problem]:
    found: list[Row | Problem] = []
    with Sheet(path, "KES") as sheet:
        while some := sheet.rows(3):
            found += some
    return found


def written(tmp_path: Path, content: bytes | str, name: str = "goods.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(tmp_path: Path, *lines: Sequence[object]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    path = tmp_path / "goods.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "sku,name,price\nA,Café,5\n",
        "\ufeffsku,name,price\r\nA,Café,5\r\n",
        "sku;name;price\nA;Café;5\n",
        "sku\tname\tprice\nA\tCafé\t5",
        '"sku","name","price"\n"A","Café","5"\n',
        "\n\nsku,name,price\n\nA,Café,5\n,,\n",
    ],
)
def test_a_csv_is_read_in_any_dress(tmp_path, content) -> None:
    (row,) = rows(written(tmp_path, content))
    assert isinstance(row, Row)
    assert (row.sku, row.values) == ("A", {"name": "Café", "price": 5_00})


def test_a_line_is_told_by_its_number_in_the_file(tmp_path) -> None:
    content = '\nsku,name,price\nA,"two\nlines",5\n\nB,b,many\nC,c,1\n'
    found = rows(written(tmp_path, content))
    assert [one.line for one in found] == [3, 6, 7]
    assert isinstance(found[1], Problem)
    assert (found[1].sku, found[1].column, found[1].why) == ("B", "price", "not a number")


def test_a_workbook_is_read_with_its_numbers(tmp_path) -> None:
    path = workbook(
        tmp_path,
        ["SKU", "Name", "Price", "Stock"],
        [1001, "Tea", 1250.5, 40.0],
        ["B", "=1+1", 3, 1],
    )
    first, second = rows(path)
    assert isinstance(first, Row) and isinstance(second, Problem)
    assert (first.sku, first.values) == ("1001", {"name": "Tea", "price": 1250_50, "stock": 40})
    assert (second.line, second.column, second.why) == (3, "name", "formula")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"name,price\nA,1\n", "no sku column"),
        (b"sku,name\nA,caf\xe9\n", "encoding"),
        ("sku,name\nA,café\n".encode("utf-16"), "encoding"),
        ("sku,name\nA,a\n".encode("utf-16-le"), "not text"),
        (b"sku,name\nA,\0\n", "not text"),
        (b"\x89PNG\r\n\x1a\n", "encoding"),
        (b'sku,name\nA,"open\n' + 20_000 * b"words words\n", "cell too large"),
        (b'sku,name\nA,"open\n', "quotes"),
        (b'sku,name\nA,"a"b\n', "quotes"),
        (b"sku,name\nA," + 200_000 * b"x", "cell too large"),
        (b"sku,name\nA," + 1_200_000 * b"x", "cell too large"),
        (b"PK\x03\x04 no archive", "not excel"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path, content, why) -> None:
    with pytest.raises(BadFile) as bad:
        rows(written(tmp_path, content))
    assert bad.value.why == why


def test_what_stands_before_a_break_is_read_first(tmp_path) -> None:
    with Sheet(written(tmp_path, b'sku,price\nA,1\nB,"open\n'), "KES") as sheet:
        assert [one.line for one in sheet.rows(10)] == [2]
        with pytest.raises(BadFile, match="line 3: quotes"):
            sheet.rows(10)


def test_there_is_an_end_to_lines(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 3)
    with pytest.raises(BadFile, match="too many lines"):
        rows(written(tmp_path, "sku\n" + 5 * "A\n"))
    with pytest.raises(BadFile, match="too many lines"):
        rows(workbook(tmp_path, ["sku"], *([["A"]] * 5)))


def archive(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def taken_apart(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
        return {name: file.read(name) for name in file.namelist()}


SHEET = "xl/worksheets/sheet1.xml"
_OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
_ENTITIES = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"xl/styles.xml": b" " * 9_000_000}, "unpacks too large"),
        ({"xl/sharedStrings.xml": b" " * 70_000_000}, "unpacks too large"),
        ({f"xl/{n}.xml": b"" for n in range(2100)}, "unpacks too large"),
        ({"xl/workbook.xml": b"<no"}, "not excel"),
        ({SHEET: b"<worksheet"}, "not excel"),
        ({SHEET: b'<!DOCTYPE w [<!ENTITY a0 "a">' + _ENTITIES + b"]><w>&a11;</w>"}, "not excel"),
        ({SHEET: _OPEN + b'<sheetData><row r="-5"><c r="A0"/></row></sheetData>'}, "not excel"),
    ],
)
def test_a_workbook_that_is_a_trap(tmp_path, changed, why) -> None:
    parts = taken_apart(workbook(tmp_path, ["sku", "name"], ["A", "a"]))
    with pytest.raises(BadFile) as bad:
        rows(archive(tmp_path / "trap.xlsx", parts | changed))
    assert bad.value.why == why


def test_a_row_far_below_ends_at_the_most_lines(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 1000)
    far = b"<c r='A99999999' t='inlineStr'><is><t>B</t></is></c>"
    content = (
        _OPEN + b"<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>sku</t></is></c></row>"
        b"<row r='99999999'>" + far + b"</row></sheetData></worksheet>"
    )
    parts = taken_apart(workbook(tmp_path, ["sku"], ["A"])) | {SHEET: content}
    with pytest.raises(BadFile, match="too many lines"):
        rows(archive(tmp_path / "far.xlsx", parts))


@pytest.mark.parametrize(
    "words", ["=1+1", "+254", "-5", "@now", "'=x", "''-", "plain", "", "'a", "\t="]
)
def test_no_cell_is_run_and_every_one_comes_back(words) -> None:
    kept = guarded(words)
    assert not kept.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert _unguarded(kept) == words
