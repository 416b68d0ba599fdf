"""Excel's binary workbooks (.xlsb): what calamine gives; it tells neither merges nor marks."""

from collections.abc import Sequence
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from pipeline.reading.formats.grid import Grid
from pipeline.reading.formats.package import Package, stored
from pipeline.reading.guard import hostile

_PARSER = (CalamineError, ValueError, OverflowError, OSError)
_KEPT = (".xml", ".rels", ".bin")
_LEFT_OUT = ("/media/", "/printersettings/", "/embeddings/", "vbaproject")


class Xlsb:
    """An opened .xlsb."""

    def __init__(self, package: Package) -> None:
        """Read the list of sheets.

        Raises:
            TroubleError: file-damaged, file-encrypted or file-unpacked-too-big.
        """
        parts = {
            package.written(name): package.read(name)
            for name in package.names()
            if name.endswith(_KEPT) and not any(part in name for part in _LEFT_OUT)
        }
        packed = BytesIO(stored(parts))
        with hostile("工作簿目录", *_PARSER):
            self._book = CalamineWorkbook.from_filelike(packed)
        self.sheets = self._book.sheet_names

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """The cells of some sheets.

        Raises:
            TroubleError: file-damaged.
        """
        found = []
        for place in wanted:
            with hostile("工作表内容", *_PARSER):
                rows = self._book.get_sheet_by_index(place).to_python(skip_empty_area=False)
            hidden = self._book.sheets_metadata[place].visible != SheetVisibleEnum.Visible
            found.append(Grid(rows, range(len(rows)), concealed=hidden))
        return found
