"""One file → `RawReturn`: sheets, headers and cover found by name, claims column by column."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.likeness import like_a_sheet
from pipeline.reading.claims import read_claims
from pipeline.reading.cover import read_cover, read_stamp
from pipeline.reading.formats.grid import Book, Grid
from pipeline.reading.formats.sniff import open_book, suffix_fault
from pipeline.reading.guard import TroubleError, load
from pipeline.reading.raw import Note, RawReturn, Wanted
from pipeline.text import fold


def digest_of(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_return(path: Path, name: str, wanted: Wanted) -> RawReturn:
    """Read one file; what is wrong with it stands in the result.

    Args:
        path: where it is.
        name: below the returns folder, with `/`.
        wanted: what to look for.
    """
    digest = ""
    try:
        data = load(path)
        digest = digest_of(data)
        if not data:
            raise TroubleError("file-empty")
        kind, book = open_book(data)
        result = RawReturn(name, digest)
        if fault := suffix_fault(kind, name):
            result.notes.append(Note("file-wrong-suffix", details={"detail": fault}))
        _read(result, book, wanted)
    except TroubleError as trouble:
        return RawReturn(name, digest, trouble.note)
    except MemoryError:
        return RawReturn(name, digest, Note("file-killed"))
    return result


def _read(result: RawReturn, book: Book, wanted: Wanted) -> None:
    places = _find_sheets(result, book.sheets, wanted)
    if wanted.cover and wanted.cover not in places:
        raise TroubleError("file-not-template", f"没有“{wanted.cover}”表")
    if not any(sheet in places for sheet in wanted.sheets):
        raise TroubleError("file-not-template", "没有申报用的工作表")
    grids = dict(zip(places, book.grids(list(places.values())), strict=True))
    if wanted.cover:
        _note_hidden(result, grids, wanted.cover)
        result.cover = read_cover(grids[wanted.cover], wanted, result.notes)
    for sheet in wanted.sheets:
        if sheet not in places:
            result.notes.append(Note("sheet-missing", sheet, details={"detail": sheet}))
            continue
        _note_hidden(result, grids, sheet)
        claims = read_claims(grids[sheet], book.sheets[places[sheet]], sheet, wanted, result.notes)
        if claims is None:
            result.notes.append(Note("sheet-no-header", sheet, details={"detail": sheet}))
        else:
            result.sheets[sheet] = claims
    if not result.sheets:
        raise TroubleError("file-not-template", "申报用的工作表都没有表头行")
    if wanted.lists in grids:
        result.stamp = read_stamp(grids[wanted.lists], wanted.stamp_label)


def _note_hidden(result: RawReturn, grids: dict[str, Grid], sheet: str) -> None:
    if grids[sheet].concealed:
        result.notes.append(Note("sheet-hidden", sheet, details={"detail": sheet}))


def _find_sheets(result: RawReturn, names: Sequence[str], wanted: Wanted) -> dict[str, int]:
    """Wanted sheet → its place; of two with one name the left."""
    names_wanted = filter(None, (wanted.cover, *wanted.sheets, wanted.lists))
    by_fold = {fold(n): n for n in names_wanted}
    known = {fold(n) for n in wanted.others}
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        folded = fold(name)
        sheet = by_fold.get(folded)
        if sheet is None:
            meant = "" if folded in known else like_a_sheet(folded, by_fold)
            if meant:
                details = {"detail": name, "meant": meant}
                result.notes.append(Note("sheet-lookalike", name, details=details))
        elif sheet in places:
            result.notes.append(Note("sheet-duplicate", sheet, details={"detail": sheet}))
        else:
            places[sheet] = place
    return places
