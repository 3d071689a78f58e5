"""Files of products, as anybody may send them: read to the end or refused by contract."""

import io
import tempfile
import zipfile
from pathlib import Path

from services.shopping.sheets.cells import MOST_MONEY, MOST_STOCK
from services.shopping.sheets.columns import BadFile, Problem, Row
from services.shopping.sheets.reading import Sheet
from tests.fuzz.target import Target

CSV = (
    'sku,name,price,stock,tags\nA,Café,"1,250.50",40,a | b\nB,"two\nlines",Ksh 5,1,\n'.encode(),
    "\ufeffsku;name;price\r\n'=1+1;Thing;1.250,50\r\n".encode(),
    b"code\ttitle\tselling price\tqty\nA\ta\t1e9\t-1\n",
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
    f'+xml"/><Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r"'
    f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="s"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="s" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}
SHEET = (
    f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is>'
    '</c><c r="B1" t="inlineStr"><is><t>price</t></is></c></row><row r="2"><c r="A2"><v>1001</v>'
    '</c><c r="B2"><v>12.5</v></c></row><row r="3"><c r="A3" t="b"><v>1</v></c><c r="B3"><f>A1</f>'
    '<v>3</v></c></row><row r="4"><c r="A4" t="e"><v>#REF!</v></c><c r="B4" t="d"><v>2026-03-02'
    "</v></c></row></sheetData></worksheet>"
).encode()


def workbook(sheet: bytes) -> bytes:
    """The smallest workbook around a sheet."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in _PARTS.items():
            archive.writestr(name, part)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return content.getvalue()


def _read(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products"
        path.write_bytes(raw)
        with Sheet(path, "KES") as sheet:
            last = 0
            while rows := sheet.rows(100):
                for row in rows:
                    assert row.line > last
                    last = row.line
                    _check(row)


def _check(row: Row | Problem) -> None:
    if isinstance(row, Problem):
        assert row.why and len(row.given) <= 300
        return
    assert 0 < len(row.sku) <= 100
    for column, most in (("price", MOST_MONEY), ("stock", MOST_STOCK)):
        value = row.values.get(column)
        assert value is None or 0 <= value <= most
    words = [row.sku, *(value for value in row.values.values() if isinstance(value, str))]
    assert "\0" not in "".join(words)
    "".join(words).encode()  # nothing that the database could not keep


def _read_sheet(raw: bytes) -> None:
    _read(workbook(raw))


TARGETS = (
    Target("product file", (*CSV, workbook(SHEET)), _read, (BadFile,)),
    Target("product sheet", (SHEET,), _read_sheet, (BadFile,)),
)
