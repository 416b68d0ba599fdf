"""Workbooks for the fuzzer: real ones with bytes or XML changed, made ones with known rows.

Everything comes from the chance that is handed in: the same seed makes the same bytes.
"""

import io
import random
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.sax.saxutils import escape

from pipeline import layout
from pipeline.reading.raw import column_letters
from pipeline.rulebook import Rulebook, Sheet

Place = tuple[str, int]


@dataclass(frozen=True)
class Made:
    """A file for the program.

    Attributes:
        kind: how it came about.
        suffix: of its name.
        data: its bytes.
        truth: the sheets and rows that hold claims, or None where nobody knows.
    """

    kind: str
    suffix: str
    data: bytes
    truth: frozenset[Place] | None = None


def flipped(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed, put in, left out or moved; or the end cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(changed) or 1)
        span = chance.choice((1, 1, 2, 4, 16, 300))
        how = chance.randrange(6)
        if how == 0:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            changed[at:at] = chance.randbytes(span)
        elif how == 2:
            del changed[at : at + span]
        elif how == 3:
            changed[at : at + span] = changed[-span:]
        elif how == 4:
            changed[at : at + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")
            )
        elif chance.random() < 0.2:
            del changed[at:]
    return bytes(changed)


_NASTY = (
    "0", "-1", "1", "1048577", "99999999999", "1e308", "NaN", "", "A", "XFD1048576", "A0", "ZZZZ1",
    "s", "str", "b", "e", "d", "inlineStr", "xxx", "true", "rId1", "rId99", "../../x", "A1:XFD9",
    "External", "&#1;", "&lt;", "条款", "hidden", "veryHidden", "1900-00-00",
)  # fmt: skip
_ATTRIBUTE = re.compile(rb'="[^"<>]*"')
_TAG = re.compile(rb"<[^<>]+>")
_TEXT = re.compile(rb">[^<>]+<")


def _nasty(chance: random.Random) -> bytes:
    return chance.choice(_NASTY).encode()


def respelled(chance: random.Random, xml: bytes) -> bytes:
    """XML with some tags, attributes or texts changed, doubled or left out."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        how = chance.randrange(7)
        pattern = (_ATTRIBUTE, _ATTRIBUTE, _TEXT, _TAG, _TAG, _TAG, _TAG)[how]
        places = list(pattern.finditer(xml))
        if not places:
            return flipped(chance, xml)
        found = chance.choice(places)
        start, end = found.span()
        if how in (0, 1):
            xml = xml[:start] + b'="' + _nasty(chance) + b'"' + xml[end:]
        elif how == 2:
            xml = xml[:start] + b">" + _nasty(chance) + b"<" + xml[end:]
        elif how == 3:
            xml = xml[:start] + xml[end:]
        elif how == 4:
            xml = xml[:end] + found[0] * chance.choice((1, 2, 1000)) + xml[end:]
        elif how == 5:
            other = chance.choice(places)
            xml = xml[:start] + other[0] + xml[end:]
        else:
            xml = xml[:start] + flipped(chance, found[0]) + xml[end:]
    return xml


@dataclass
class Package:
    """A real workbook, unpacked once."""

    suffix: str
    data: bytes
    parts: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(self.data)) as package:
                self.parts = {name: package.read(name) for name in package.namelist()}

    def mutated(self, chance: random.Random) -> Made:
        """The workbook with its bytes or the XML inside it changed."""
        if not self.parts or chance.random() < 0.2:
            return Made("bytes", self.suffix, flipped(chance, self.data))
        parts = dict(self.parts)
        inner = [name for name in parts if name.endswith((".xml", ".rels", ".bin"))]
        for _ in range(chance.choice((1, 1, 2))):
            name = chance.choice(inner)
            if chance.random() < 0.05:
                parts.pop(name, None)
            elif name in parts:
                binary = name.endswith(".bin") or chance.random() < 0.3
                change = flipped if binary else respelled
                parts[name] = change(chance, parts[name])
        return Made("xml", self.suffix, zipped(parts))


def zipped(parts: dict[str, bytes]) -> bytes:
    """A zip of these parts, quickly."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return stream.getvalue()


_WORDS = (
    "附件1", "无", "/", "—", "√", "是", "2015-6-1", "2015年6月1日", "6月1日", "2015.13.1", "上旬",
    "二〇一五年六月一日", "2015-06-01至2015-06-03", "约800字", "８００字", "1,200 字", "-5",
    "1e5", "NaN",
    "=1+1", "=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "<script>alert(1)</script>", "&amp;", "]]>",
    "换\n行", "制\t表", "\u202e反转", "零\u200b宽", "😀", "长" * 5000, "'", '"', "{0}", "%s",
    "None",
    "nan", "TRUE", "#REF!", "_x0000_", "0", "一.4", "一.99", "三.2", "五.1a（会员）", "九.1",
    "2015", "٦٠٠",
)  # fmt: skip
_NUMBERS = (
    "0", "1", "-1", "0.5", "600", "42156", "42369", "20150601", "1e300", "-1e300", "1E-300",
    "1.7E308", "113.99999999999999",
    "9007199254740993", "2958466", "60", "0.1", "100000000000000000000",
)  # fmt: skip
_BLANK = (" ", "　", "\u200b", "\n", "\t ", "\xa0")


def _cell(chance: random.Random, ref: str) -> tuple[str, bool]:
    """A cell as XML, and whether a person would say that something stands in it."""
    how = chance.randrange(12)
    if how < 5:
        return (
            f'<c r="{ref}" t="inlineStr"><is><t>{escape(chance.choice(_WORDS))}</t></is></c>',
            True,
        )
    if how < 8:
        style = chance.choice(("", ' s="1"'))
        return f'<c r="{ref}"{style}><v>{chance.choice(_NUMBERS)}</v></c>', True
    if how == 8:
        blank = chance.choice(_BLANK)
        return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{blank}</t></is></c>', False
    if how == 9:
        kind, value = chance.choice((("b", "1"), ("b", "0"), ("e", "#REF!"), ("e", "#SPILL!")))
        return f'<c r="{ref}" t="{kind}"><v>{value}</v></c>', False
    if how == 10:
        return f'<c r="{ref}"><f>A1</f></c>', False
    kind, value = chance.choice((("n", "600"), ("str", "附件2"), ("str", "2015-6-1")))
    return f'<c r="{ref}" t="{kind}"><f>A1</f><v>{value}</v></c>', True


def _plain(ref: str, value: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _good(sheet: Sheet, rulebook: Rulebook, chance: random.Random, nth: int) -> dict[str, str]:
    """A row that a careful clerk fills in: header → text."""
    clauses = [clause for clause in rulebook.clauses if clause.sheet == sheet.name]
    clause = chance.choice(clauses)
    given = {
        "clause": clause.id, "title": f"事项{nth}", "words": "800", "base": "10", "done": "10",
        "object": f"对象{nth}", "date": f"{rulebook.year}-06-{chance.randrange(1, 29):02}",
    }  # fmt: skip
    return {c.header: given.get(c.role, "附件1") for c in sheet.columns}


def _sheet(sheet: Sheet, rulebook: Rulebook, chance: random.Random) -> tuple[str, set[int]]:
    """A claim sheet as XML, and the rows of its claims."""
    columns = list(sheet.columns)
    if chance.random() < 0.3:
        chance.shuffle(columns)
    letters = {c.header: column_letters(n) for n, c in enumerate(columns)}
    row = chance.choice((1, 1, 1, 3, 200))
    lines = [_row(row, [_plain(f"{letters[c.header]}{row}", c.header) for c in columns])]
    kept = (
        {c.header for c in columns if c.role in ("clause", "title")} if sheet.prefilled else set()
    )
    truth: set[int] = set()
    for nth in range(chance.choice((0, 1, 3, 12))):
        row += chance.choice((1, 1, 1, 2, 30))
        good, cells, filled = _good(sheet, rulebook, chance, nth), [], False
        wild = chance.random() * chance.choice((0, 0.3, 1))
        for column in columns:
            ref = f"{letters[column.header]}{row}"
            if chance.random() < wild:
                xml, there = _cell(chance, ref) if chance.random() < 0.8 else ("", False)
            else:
                xml, there = _plain(ref, good[column.header]), True
            cells.append(xml)
            filled |= there and column.header not in kept
        hidden = ' hidden="1"' if chance.random() < 0.05 else ""
        lines.append(_row(row, cells, hidden))
        truth |= {row} if filled else set()
    return "".join(lines), truth


def _row(row: int, cells: Sequence[str], more: str = "") -> str:
    return f'<row r="{row}"{more}>{"".join(cells)}</row>'


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    "</styleSheet>"
)


def filled_in(chance: random.Random, rulebook: Rulebook, unit: str) -> Made:
    """A return of a unit with wild values, and the rows that hold its claims."""
    day = date(rulebook.year, 12, chance.randrange(1, 29)).isoformat()
    labels = ((layout.COVER_UNIT, unit), (layout.COVER_YEAR, str(rulebook.year)),
              (layout.COVER_DATE, day))  # fmt: skip
    cover = "".join(
        _row(n, [_plain(f"A{n}", label), _plain(f"B{n}", value)])
        for n, (label, value) in enumerate(labels, 1)
    )
    sheets, truth = {layout.COVER: cover}, set[Place]()
    for sheet in rulebook.sheets:
        sheets[sheet.name], rows = _sheet(sheet, rulebook, chance)
        truth |= {(sheet.name, row) for row in rows}
    return Made("values", ".xlsx", workbook(sheets), frozenset(truth))


def register(chance: random.Random, rulebook: Rulebook) -> bytes:
    """A workbook of the office with wild values."""
    sheets: dict[str, str] = {}
    for name, headers in layout.REGISTER_SHEETS.items():
        lines = [_row(1, [_plain(f"{column_letters(n)}1", h) for n, h in enumerate(headers)])]
        for row in range(2, 2 + chance.choice((0, 1, 4, 20))):
            good = {
                "单位": chance.choice(rulebook.roster).unit,
                "条款": chance.choice(rulebook.clause_ids),
                "名称": chance.choice(("", f"事项{chance.randrange(12)}")),
                "结论": chance.choice(layout.RULING_WORDS),
                "收件日期": f"{rulebook.year}-12-{chance.randrange(1, 29):02}",
            }
            cells = [
                _cell(chance, f"{column_letters(n)}{row}")[0]
                if chance.random() < 0.25
                else _plain(f"{column_letters(n)}{row}", good.get(header, str(row)))
                for n, header in enumerate(headers)
            ]
            lines.append(_row(row, cells))
        sheets[name] = "".join(lines)
    return workbook(sheets)


def workbook(sheets: dict[str, str]) -> bytes:
    """A workbook of sheets whose rows are given as XML."""
    listing = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    relations += f'<Relationship Id="s" Type="{_REL}/styles" Target="styles.xml"/>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="a" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listing}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELS}">{relations}</Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for n, rows in enumerate(sheets.values(), 1):
        body = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{n}.xml"] = body
    return zipped({name: text.encode() for name, text in parts.items()})
