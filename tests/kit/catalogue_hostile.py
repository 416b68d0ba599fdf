"""Returns made by someone who means harm."""

import io
import struct
import zipfile
from itertools import product

from tests.kit.catalogue import (
    EVENTS,
    PART,
    UNREADABLE,
    Make,
    case,
    cells,
    error,
    inline,
    note,
    part,
    parts,
    raw,
    rows,
    shared,
    swap,
    with_parts,
)

FAR = "XFD1048576"
BOMB = 129 << 20
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
DOCTYPES = {
    "an entity bomb": f"<!DOCTYPE x [{LAUGHS}]>",
    "a long entity": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>',
    "an external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "an external document type": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]>',
}


def _unsafe(doctype: str, encoding: str) -> object:
    def change(data: bytes) -> bytes:
        body = data.decode().partition("?>")[2] if data.startswith(b"<?xml") else data.decode()
        return f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{body}'.encode(encoding)

    return change


def _entities() -> None:
    for what, doctype in DOCTYPES.items():
        for where in ("xl/workbook.xml", PART[EVENTS], "xl/sharedStrings.xml", "xl/styles.xml"):
            case(f"{what} in {where.rpartition('/')[2]}",
                 part(where, _unsafe(doctype, "utf-8"), shared),
                 error("file-unsafe-xml"), status=UNREADABLE)  # fmt: skip
    parts_ = ("xl/workbook.xml", PART[EVENTS], "xl/styles.xml", "xl/_rels/workbook.xml.rels")
    whats = ("an entity bomb", "an external entity")
    for what, encoding, where in product(whats, ("utf-16", "utf-16-le", "utf-16-be"), parts_):
        case(f"{what} in {encoding} in {where.rpartition('/')[2]}",
             part(where, _unsafe(DOCTYPES[what], encoding)),
             error("file-unsafe-xml"), status=UNREADABLE)  # fmt: skip


def _sizes() -> None:
    case("zip bomb in a sheet", swap(PART[EVENTS], "</sheetData>", " " * BOMB + "</sheetData>"),
         error("file-unpacked-too-big"), status=UNREADABLE)  # fmt: skip
    case("zip bomb in a part that nobody reads",
         with_parts({"xl/media/image1.png": bytes(BOMB)}))  # fmt: skip
    case("zip inside a zip inside a zip", with_parts({"xl/embeddings/a.zip": _nested(6)}))
    case("zip bomb in the shared strings",
         swap("xl/sharedStrings.xml", "</sst>", f"<si><t>{'a' * BOMB}</t></si></sst>",
              shared),
         error("file-unpacked-too-big"), status=UNREADABLE)  # fmt: skip
    case("sizes that lie", _lying, error("file-unpacked-too-big"), status=UNREADABLE)
    case("far cell that is empty", rows(EVENTS, f'<row r="1048576"><c r="{FAR}" s="1"/></row>'))
    case("far cell with text", rows(EVENTS, f'<row r="1048576">{inline(FAR, "x")}</row>'))
    case("far claim", rows(EVENTS, f'<row r="1048576">{inline("J1048576", "x")}</row>'),
         *(error(f"{what}-missing", EVENTS, f"{letter}1048576") for what, letter in
           (("clause", "A"), ("title", "B"), ("date", "C"))),
         more={(EVENTS, 1_048_576): False})  # fmt: skip
    case("cell beyond the last column", rows(EVENTS, f'<row r="9">{inline("ZZZZ9", "x")}</row>'),
         error("file-damaged"), status=UNREADABLE)  # fmt: skip
    case("cell in row nought", rows(EVENTS, f'<row r="0">{inline("A0", "x")}</row>'),
         error("file-damaged"), status=UNREADABLE)  # fmt: skip
    case("row number of thirty digits", rows(EVENTS, f'<row r="{"9" * 30}"/>'))
    case("a hundred thousand formatted empty rows",
         lambda unit: rows(EVENTS, _empty(100_000))(unit))  # fmt: skip
    case("a thousand rows of a thousand cells", lambda unit: rows(EVENTS, _wide())(unit),
         error("file-too-many-cells"), status=UNREADABLE)  # fmt: skip
    case("ten thousand sheets", many_sheets(10_000), note("sheet-extra", "", "", "等 10000 张"))
    case("a hundred thousand styles",
         swap("xl/styles.xml", "</cellXfs>", '<xf numFmtId="14"/>' * 100_000 + "</cellXfs>")
         )  # fmt: skip
    case("a hundred thousand shared strings",
         swap("xl/sharedStrings.xml", "</sst>", "<si><t>多</t></si>" * 100_000 + "</sst>",
              shared))  # fmt: skip
    case("a hundred thousand merged cells",
         rows(EVENTS, "", f'<mergeCells>{_merges()}</mergeCells>'))  # fmt: skip
    case("one merge over the whole sheet",
         rows(EVENTS, "", '<mergeCells><mergeCell ref="A4:XFD1048576"/></mergeCells>'))  # fmt: skip
    case("parts by the ten thousand", lambda unit: with_parts(
         {f"xl/x{n}.xml": b"" for n in range(20_001)})(unit),
         error("file-damaged", "", "", "太多"), status=UNREADABLE)  # fmt: skip


def _nested(depth: int) -> bytes:
    data = bytes(1 << 20)
    for _ in range(depth):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
            for n in range(4):
                package.writestr(f"{n}.zip", data)
        data = stream.getvalue()
    return data


def _lying(unit: str) -> bytes:
    data = bytearray(with_parts({}, part("xl/styles.xml", lambda _: bytes(BOMB)))(unit))
    size = struct.pack("<I", BOMB)
    assert data.count(size) == 2
    return bytes(data.replace(size, struct.pack("<I", 900)))


def _empty(count: int) -> str:
    return "".join(
        f'<row r="{row}" s="1" customFormat="1"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>'
        for row in range(10, count)
    )


def _wide() -> str:
    line = "".join(f'<c r="{letter}{{0}}"><v>1</v></c>' for letter in _letters(1001))
    return "".join(f'<row r="{row}">{line.format(row)}</row>' for row in range(10, 1010))


def _letters(count: int) -> list[str]:
    from openpyxl.utils import get_column_letter

    return [get_column_letter(n) for n in range(1, count + 1)]


def many_sheets(count: int) -> Make:
    """One sheet under so many names."""
    more = "".join(
        f'<sheet xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'name="多{n}" sheetId="{n}" r:id="rId1"/>'
        for n in range(10, count + 10)
    )
    return swap("xl/workbook.xml", "</sheets>", more + "</sheets>")


def _merges() -> str:
    return "".join(f'<mergeCell ref="L{n}:M{n}"/>' for n in range(4, 100_004))


def _xml() -> None:
    deep = f"{'<a>' * 100_000}{'</a>' * 100_000}"
    case("XML a hundred thousand deep in a sheet",
         swap(PART[EVENTS], "<sheetData>", f"<sheetPr>{deep}</sheetPr><sheetData>"))  # fmt: skip
    case("XML a hundred thousand deep in a cell",
         raw(EVENTS, "J3", f'<c r="J3" t="inlineStr"><is>{deep}</is></c>', _with_note))  # fmt: skip
    for where in ("xl/workbook.xml", PART[EVENTS], "xl/sharedStrings.xml"):
        short = where.rpartition("/")[2]
        for what, data in (("no XML", b"\x00\x01\x02"), ("cut off", b"<worksheet><sheetData><row")):
            case(f"{short} {what}", part(where, lambda _, data=data: data, shared),
                 error("file-damaged"), status=UNREADABLE)  # fmt: skip
        case(f"{short} missing", parts(lambda n, d, where=where: None if n == where else d, shared),
             error("file-damaged"), status=UNREADABLE)  # fmt: skip
    case("parts missing that nobody needs",
         parts(lambda n, d: None if "theme" in n or "docProps" in n else d))  # fmt: skip
    case("forbidden characters in the XML", raw(EVENTS, "B3",
         f'<c r="B3" t="inlineStr"><is><t>甲\x01\x0b乙{chr(0xFFFE)}</t></is></c>'))  # fmt: skip
    case("forbidden characters as references", raw(EVENTS, "B3", inline("B3", "甲&#1;&#xFFFF;乙")))
    case("half a surrogate as a reference", raw(EVENTS, "B3", inline("B3", "甲&#xD83D;乙")),
         error("file-damaged"), status=UNREADABLE)  # fmt: skip
    case("bytes that are no UTF-8 in a cell",
         part(PART[EVENTS], lambda d: d.replace("第二讲".encode(), b"\xff\xfe")),
         error("file-damaged"), status=UNREADABLE)  # fmt: skip
    case("encoding that is not known",
         part(PART[EVENTS], lambda d: b'<?xml version="1.0" encoding="x-klingon"?>' + d),
         error("file-damaged"), status=UNREADABLE)  # fmt: skip


def _with_note(unit: str) -> bytes:
    return cells(EVENTS, J3="备注")(unit)


_entities()
_sizes()
_xml()
