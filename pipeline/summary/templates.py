"""The page's templates: where they lie, how they are read, and their compiled form between runs.

Compiling them takes longer than filling them for a city. So they are compiled once, as Python's
own modules are, and the result is kept beside them in `__pycache__`.
"""

import base64
import hashlib
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from pipeline.outcome import COUNTED
from pipeline.summary import text
from pipeline.summary.units import LEVELS

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates in a folder; where it cannot be used, they are compiled each time."""

    def __init__(self, folder: Path) -> None:
        # What stands fixed in a template passes these modules when it is compiled.
        made_by = b"".join(Path(module).read_bytes() for module in (__file__, text.__file__))
        super().__init__(str(folder), f"%s-{hashlib.sha256(made_by).hexdigest()[:12]}.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(exist_ok=True)
                super().dump_bytecode(bucket)


@cache
def environment(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder, with the filters that they use."""
    made = Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=_Compiled(folder / "__pycache__"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.neutral,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"COUNTED": COUNTED, "LEVELS": LEVELS}
    made.filters |= {"number": text.number, "date": text.date_text, "plain": text.plain}
    return made


def inline(name: str) -> tuple[Markup, str]:
    """A style sheet or script of the project's own, and its hash for the page's policy."""
    content = (TEMPLATES / "report" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return Markup(content), f"'sha256-{digest}'"
