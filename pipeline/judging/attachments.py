"""Evidence files that a unit sent along: are they there, are they empty, do they serve twice.

Attachments of a return are the files in the folder that it has to itself, or in a folder beside
it that bears its name. They are hashed as streams; nothing is opened or run.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath

from pipeline.judging.claim_findings import ClaimFindings
from pipeline.reading.discover import Entry
from pipeline.text import fold

_APART = re.compile(r"[、，；;,\n\r\t|]+|\s{2,}")
_FILE_NAME = re.compile(r".+\.(?=[0-9]*[A-Za-z])[0-9A-Za-z]{2,4}")
"""Not 第2册 P.12: a page of the dossier."""


def attachments_of(entries: Sequence[Entry], returns: Iterable[str]) -> dict[str, dict[str, Entry]]:
    """Return file → its attachments by folded name and by folded stem.

    `entries` is everything in the returns folder, `returns` the files used, as `Entry.name`.
    """
    workbooks = [PurePosixPath(e.name) for e in entries if e.kind == "return"]
    crowd = [w.parent for w in workbooks]
    found: dict[str, dict[str, Entry]] = {}
    others = [(PurePosixPath(e.name), e) for e in entries if e.kind == "other"]
    for file in returns:
        own = PurePosixPath(file)
        alone = own.parent != PurePosixPath(".") and crowd.count(own.parent) == 1
        homes = [own.with_suffix("")] + ([own.parent] if alone else [])
        mine = found.setdefault(file, {})
        for place, entry in others:
            if any(place.is_relative_to(home) for home in homes):
                for key in (fold(place.name), fold(place.stem)):
                    mine.setdefault(key, entry)
    return {file: files for file, files in found.items() if files}


def report_attachments(on_claims: ClaimFindings, entries: Sequence[Entry]) -> None:
    """Warn of evidence files that are missing, empty, or the same under two claims."""
    if not any(entry.kind == "other" for entry in entries):
        return
    used = {on_claims.file_of(claim) for claim in on_claims.own}
    by_file = attachments_of(entries, sorted(used))
    if not by_file:
        return
    digest_of = cache(_digest)
    first: dict[str, tuple[int, str]] = {}
    for claim, header, token, attachment in _named(on_claims, by_file):
        digest = digest_of(attachment.path) if attachment else None
        if attachment is None or digest is None:
            on_claims.add("attachment-missing", claim, header, detail=token)
        elif not digest:
            on_claims.add("attachment-empty", claim, header, detail=attachment.name)
        elif first.setdefault(digest, (claim, header))[0] != claim:
            both = (claim, header), first[digest]
            for (one, column), (other, _) in (both, both[::-1]):
                where = on_claims.where(other)
                on_claims.add("attachment-shared", one, column, detail=attachment.name, other=where)


def _named(
    on_claims: ClaimFindings, by_file: Mapping[str, Mapping[str, Entry]]
) -> Iterator[tuple[int, str, str, Entry | None]]:
    """Claim, evidence header, name as written, and the file (None where it should be there)."""
    for claim in on_claims.own:
        files = by_file.get(on_claims.file_of(claim))
        if not files:
            continue
        for header, text in on_claims.evidence(claim):
            for token in filter(None, map(str.strip, _APART.split(text))):
                attachment = files.get(fold(PurePosixPath(token.replace("\\", "/")).name))
                # A number such as 附件1 may be a paper in the dossier; a file name cannot.
                if attachment or _FILE_NAME.fullmatch(token):
                    yield claim, header, token, attachment


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; '' for an empty one, None for one that cannot be read."""
    with suppress(OSError), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() if path.stat().st_size else ""
    return None
