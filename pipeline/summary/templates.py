"""The page's templates: where they lie and how they are read."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.outcome import COUNTED
from pipeline.summary import text
from pipeline.summary.units import LEVELS

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


@cache
def environment(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder, with the filters that they use."""
    made = Environment(
        loader=FileSystemLoader(folder),
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
