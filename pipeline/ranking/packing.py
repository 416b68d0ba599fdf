"""The archive that a workbook is: long tables are packed while they are made.

XlsxWriter makes each part of a workbook whole before it packs it; the ledger of a nation is a part
of half a gigabyte. So a sheet leaves a gap for its rows, and the archive fills it, some thousand
rows at a time: neither memory nor disk ever holds them all.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pipeline.ranking.table import GAP, Later

LEVEL = 2
"""Compression of rows: a third of the time of the usual 6, a quarter larger."""


class Archive(ZipFile):
    """A ZIP archive for XlsxWriter, which gives each part of a workbook as a whole."""

    def __init__(self, file: BinaryIO, later: Later) -> None:
        """Begin an archive.

        Args:
            file: an open file, to be written from its beginning.
            later: the rows that belong into the gaps, by the number that stands there.
        """
        super().__init__(file, "w", ZIP_DEFLATED, compresslevel=LEVEL)
        self._later = later

    def __del__(self) -> None:
        """Nothing: an archive thrown away on a full disk would be closed, and complain again."""

    def writestr(
        self,
        zinfo_or_arcname: str | ZipInfo,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        """Write a part, with what belongs into its gaps.

        Raises:
            OSError: it cannot be written.
        """
        if isinstance(data, str) or GAP.encode() not in data:
            super().writestr(zinfo_or_arcname, data, compress_type, compresslevel)
            return
        part = zinfo_or_arcname
        name = part.filename if isinstance(part, ZipInfo) else part
        try:
            self._stream(name, data, vast=False)
        except RuntimeError:
            # Over 2 GiB needs a header that Excel may ask about, so it is not used without need.
            self._stream(name, data, vast=True)

    def _stream(self, name: str, data: bytes, *, vast: bool) -> None:
        with self.open(name, "w", force_zip64=vast) as part:
            for piece in self._pieces(data):
                part.write(piece)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for at, text in enumerate(data.split(GAP.encode())):
            if at % 2:
                yield from (rows.encode() for rows in self._later[int(text)]())
            else:
                yield text
