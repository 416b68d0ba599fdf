"""What hostile returns say stays text in everything that the program writes."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import Workbook, load_workbook

from tests.kit.catalogue import (
    COVER,
    EVENTS,
    NEWS,
    SPECIAL,
    healthy,
    page,
    possible,
    saved,
    unit_of,
)
from tests.kit.catalogue_run import big_rulebook, score
from tests.kit.office import Office
from tests.kit.returns import Layout, workbook

TRAP = "zq7"
"""Stands in every hostile text, so that it is found wherever it gets to."""
TEXTS = (
    f'=HYPERLINK("http://{TRAP}.invalid/","点我")',
    f"=cmd|'/c calc {TRAP}'!A0",
    f"+1+cmd|'{TRAP}'!A0",
    f"-2+3 {TRAP}",
    f'@SUM(1+1)*IMPORTXML("http://{TRAP}.invalid/","//a")',
    f"<script>alert('{TRAP}')</script>",
    f"\"><img src=x onerror=alert('{TRAP}')>",
    f"' onmouseover='{TRAP}()",
    f"</script><script>{TRAP}()</script>",
    f"<!-- {TRAP} --><style>*{{display:none}}</style>",
    f"javascript:{TRAP}()",
    f"http://{TRAP}.invalid/?a=1&b=<2>",
    f"mailto:{TRAP}@example.invalid",
    f"file:///etc/{TRAP}",
    f"internal:'排名'!A1 {TRAP}",
    f"<r><t>{TRAP}</t></r>",
    f"]]>{TRAP}<![CDATA[",
    f"{{{{ 7*7 }}}} {TRAP} {{% raw %}}",
    f"反\u202e{TRAP}\u202c转\u2066x\u2069",
    f"换\n行\t{TRAP}",
    f"_x000D_{TRAP}_x0041_",
    f"{TRAP}" + "长" * 32_000,
    f"'{TRAP}",
    f"&lt;b&gt;{TRAP}&#0;",
    f"零\u200b宽{TRAP}\ufeff",
    f"😀{TRAP}e\u0301",
)
FILES = (f"={TRAP}'\"<b>;$(x).xlsx", f"\u202e{TRAP}\n换行😀.xlsx", f"{'长' * 70}{TRAP}.xlsx")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]|&#x?0*(?:[0-8]|1[0-9a-f]?);")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def hostile(unit: str, shift: int) -> bytes:
    """A return with a trap in every field that takes text."""
    book, _ = workbook(healthy(unit), Layout())
    texts = cycle([*TEXTS[shift:], *TEXTS[:shift]])
    for sheet, columns in ((EVENTS, "BDEFGHIJ"), (NEWS, "BCFGH"), (SPECIAL, "BCEFG")):
        for row in range(2, 20):
            for column in columns:
                put(book, sheet, f"{column}{row}", next(texts))
        put(book, sheet, "K1", next(texts))
    for row in range(4, 12):
        put(book, EVENTS, f"A{row}", "一.5" if row % 2 else next(texts))
        put(book, EVENTS, f"C{row}", "2015-06-01" if row % 2 else next(texts))
        put(book, NEWS, f"E{row}", next(texts))
    for row in range(4, 7):
        put(book, COVER, f"B{row}", next(texts))
    book.create_sheet(f"活动培训{TRAP}+1")
    return saved(book)


def put(book: Workbook, sheet: str, ref: str, value: str) -> None:
    cell = page(book, sheet)[ref]
    cell.value = value
    cell.data_type = "s"


@dataclass(frozen=True)
class Written:
    """What the program wrote."""

    folder: Path

    @property
    def workbooks(self) -> list[Path]:
        return sorted(self.folder.rglob("*.xlsx"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    base = tmp_path_factory.mktemp("inert")
    (base / "in").mkdir()
    for number, name in enumerate(FILES):
        (base / "in" / possible(name)).write_bytes(hostile(unit_of(number), 7 * number))
    stranger = saved(workbook(healthy(TEXTS[0]), Layout())[0])
    (base / "in" / "谁.xlsx").write_bytes(stranger)
    (base / "in" / possible(f"<i>{TRAP}.xlsx")).write_bytes(TEXTS[5].encode())
    score(base / "in", base / "out", big_rulebook(base / "rulebook"), feedback=True)
    return Written(base / "out")


def xml_parts(path: Path) -> Iterator[tuple[str, str, ElementTree.Element]]:
    """Every XML part of a workbook: name, text, parsed."""
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                text = package.read(name).decode("utf-8")
                yield name, text, ElementTree.fromstring(text)


def test_there_is_something_to_look_at(written: Written) -> None:
    names = [path.name for path in written.workbooks]
    assert names.count("ranking.xlsx") == names.count("review.xlsx") == 1
    copies = list((written.folder / "feedback").glob("*.xlsx"))
    assert len(copies) == len(FILES) + 1  # the return of an unknown unit gets one too
    for path in written.workbooks:
        assert any(TRAP in text for _, text, _ in xml_parts(path)), path


def test_workbooks_hold_nothing_live(written: Written) -> None:
    for path in written.workbooks:
        for name, text, root in xml_parts(path):
            assert not CONTROL.search(text), (path.name, name)
            assert 'TargetMode="External"' not in text, (path.name, name)
            for element in root.iter():
                kind = element.tag.rpartition("}")[2]
                if kind in ("f", "formula", "formula1", "formula2", "definedName", "hyperlink"):
                    shown = f"{element.text} {element.attrib}"
                    assert TRAP not in shown, (path.name, name, shown[:200])
            if name.startswith("xl/worksheets/sheet"):
                for cell in root.iter(f"{MAIN}c"):
                    if TRAP in "".join(cell.itertext()):
                        assert cell.get("t") in ("inlineStr", "s"), (path.name, cell.attrib)
            for run in root.iter(f"{MAIN}r"):
                # A text that looks like a run itself is kept from being one by two runs.
                shown = "".join(run.itertext())
                assert TRAP not in shown or "comments" in name or shown.endswith("</r>"), name
        with zipfile.ZipFile(path) as package:
            parts = [n for n in package.namelist() if "vba" in n or "external" in n.lower()]
        assert parts == []


class Page(HTMLParser):
    """Where the trap is found in a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.places: set[str] = set()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        for name, value in attrs:
            assert TRAP not in name
            if TRAP in (value or ""):
                self.places.add(f"{tag}[{name}]")
            if name in ("src", "href", "action", "data") and value and not value.startswith("#"):
                self.sources.append(value)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if TRAP in data:
            inside = self.open[-1] if self.open else ""
            self.places.add("script" if inside in ("script", "style") else "text")

    def handle_comment(self, data: str) -> None:
        assert TRAP not in data


def test_the_summary_holds_the_texts_as_text_alone(written: Written) -> None:
    text = (written.folder / "summary.html").read_text("utf-8")
    found = Page()
    found.feed(text)
    live = {p for p in found.places if "[" in p and not re.search(r"\[(data-|title|aria-|id)", p)}
    assert "text" in found.places
    assert live == set()
    assert "script" not in found.places
    assert not [source for source in found.sources if not source.startswith("data:")]
    assert not CONTROL.search(text)


def test_notices_are_plain_lines(written: Written) -> None:
    notices = list((written.folder / "feedback").glob("*.txt"))
    assert notices
    for notice in notices:
        text = notice.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)


def test_names_of_what_is_written_come_from_the_roster(written: Written) -> None:
    names = [path.name for path in written.folder.rglob("*")]
    assert not [name for name in names if TRAP in name]


@pytest.mark.slow
@pytest.mark.office
def test_libreoffice_opens_every_workbook(
    written: Written, soffice: Office, tmp_path: Path
) -> None:
    """And finds text where text was written, after it has calculated everything anew."""
    for path in soffice(written.workbooks, ".xlsx", tmp_path):
        opened = load_workbook(path)
        cells = [c for sheet in opened for row in sheet.iter_rows() for c in row]
        trapped = [c for c in cells if TRAP in str(c.value)]
        assert trapped
        assert {c.data_type for c in trapped} == {"s"}, path.name
        assert not [c for c in trapped if c.hyperlink], path.name
