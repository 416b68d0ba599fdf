"""Pictures of the real outputs, as a person sees them. Needs LibreOffice, Chromium, poppler.

    python -m tools.pictures [OUTPUT]

Every printed page and every view goes to `build/pictures`; the few that the docs show, to
`docs/pictures`.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERY = ROOT / "build" / "pictures"
SHOWN = ROOT / "docs" / "pictures"

PAGES = {
    "ranking": ("ranking", "排名（", 0.3),
    "template": ("template", "填报说明", 0.5),
    "feedback": ("feedback", "退回说明", 0.8),
    "marked": ("feedback", "活动名称", 0.7),
}
"""Picture in the docs → the workbook, a text on the page, the upper part of it that is shown."""
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWS = {
    "summary": ["--window-size=1280,900"],
    "summary-dark": ["--window-size=1280,900", "--blink-settings=preferredColorScheme=0"],
    "summary-narrow": ["--window-size=500,1000"],
}


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, check=True, capture_output=True, timeout=300)
    return done.stdout.decode("utf-8", "replace")


def workbook(path: Path, name: str, scratch: Path) -> Path:
    """Every printed page of a workbook as `name-1.png`, …; gives the PDF."""
    profile = (scratch / "office").as_uri()
    folder = scratch / name
    convert = ["soffice", "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf"]
    _run(*convert, "--outdir", folder, path)
    pdf = folder / f"{path.stem}.pdf"
    _run("pdftoppm", "-png", "-r", "72", pdf, EVERY / name)
    return pdf


def excerpt(pdf: Path, text: str, part: float, picture: Path) -> None:
    """The upper part of the first page with this text, blanks in the text aside.

    Raises:
        ValueError: no page has it.
    """
    pages = ["".join(page.split()) for page in _run("pdftotext", pdf, "-").split("\f")]
    number = next((n for n, page in enumerate(pages, start=1) if text in page), None)
    if number is None:
        raise ValueError(f"{pdf.name}: no page with {text}")
    only = ["-f", str(number), "-l", str(number)]
    facts = _run("pdfinfo", *only, pdf)
    size = next(line for line in facts.splitlines() if "size:" in line).split()
    width, height = (float(size[index]) * 110 / 72 for index in (-5, -3))
    crop = ["-x", "0", "-y", "0", "-W", f"{width:.0f}", "-H", f"{height * part:.0f}"]
    _run("pdftoppm", "-png", "-r", "110", *only, *crop, "-singlefile", pdf, picture.with_suffix(""))


def page(path: Path, scratch: Path) -> None:
    """The summary on a wide and a narrow screen, in the dark, and printed."""
    browser = [*CHROMIUM, f"--user-data-dir={scratch / 'browser'}"]
    for name, options in VIEWS.items():
        _run(*browser, *options, f"--screenshot={EVERY / name}.png", path.as_uri())
    printed = scratch / "summary.pdf"
    _run(*browser, f"--print-to-pdf={printed}", "--no-pdf-header-footer", path.as_uri())
    _run("pdftoppm", "-png", "-r", "72", printed, EVERY / "summary-print")


def main(output: Path) -> None:
    """Make every picture anew."""
    for folder in (EVERY, SHOWN):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    books = {
        "ranking": output / "ranking.xlsx",
        "template": ROOT / "templates" / "intake_template.xlsx",
        "feedback": sorted((output / "feedback").glob("*.xlsx"))[-1],
    }
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        printed = {name: workbook(path, name, scratch) for name, path in books.items()}
        page((output / "summary.html").resolve(), scratch)
        for name, (book, text, part) in PAGES.items():
            excerpt(printed[book], text, part, SHOWN / f"{name}.png")
    for name in VIEWS:
        shutil.copyfile(EVERY / f"{name}.png", SHOWN / f"{name}.png")
    size = sum(path.stat().st_size for path in SHOWN.iterdir()) // 1024
    print(f"{EVERY}：{len(list(EVERY.iterdir()))} 张；{SHOWN}：共 {size} KB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
