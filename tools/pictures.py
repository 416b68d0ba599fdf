"""Pictures of the real outputs, as a person sees them. Needs LibreOffice, Chromium, pdftoppm.

    python -m tools.pictures [OUTPUT]

All pages go to `build/pictures`; those that the docs show are copied to `docs/pictures`.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERY = ROOT / "build" / "pictures"
SHOWN = ROOT / "docs" / "pictures"
PAGES = {"README.md", "README.zh-CN.md"}
DPI = "72"

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


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def _pdf_pages(pdf: Path, name: str) -> None:
    _run(["pdftoppm", "-png", "-r", DPI, str(pdf), str(EVERY / name)])


def workbook(path: Path, name: str, scratch: Path) -> None:
    """Every printed page of a workbook: `name-1.png`, …"""
    profile = (scratch / "office").as_uri()
    convert = ["soffice", "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf"]
    _run([*convert, "--outdir", str(scratch), str(path)])
    _pdf_pages(scratch / f"{path.stem}.pdf", name)


def page(path: Path, scratch: Path) -> None:
    """The summary on a wide and a narrow screen, in the dark, and printed."""
    browser = [*CHROMIUM, f"--user-data-dir={scratch / 'browser'}"]
    for name, options in VIEWS.items():
        picture = EVERY / f"{name}.png"
        _run([*browser, *options, f"--screenshot={picture}", path.as_uri()])
    printed = scratch / "summary.pdf"
    _run([*browser, f"--print-to-pdf={printed}", "--no-pdf-header-footer", path.as_uri()])
    _pdf_pages(printed, "summary-print")


def main(output: Path) -> None:
    """Make every picture, then copy those that the docs show.

    Raises:
        FileNotFoundError: an output, or a picture that the docs show, is not there.
    """
    shutil.rmtree(EVERY, ignore_errors=True)
    EVERY.mkdir(parents=True)
    returned = sorted((output / "feedback").glob("*.xlsx"))[0]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        workbook(output / "ranking.xlsx", "ranking", scratch)
        workbook(ROOT / "templates" / "intake_template.xlsx", "template", scratch)
        workbook(returned, "feedback", scratch)
        page((output / "summary.html").resolve(), scratch)
    text = "".join((ROOT / name).read_text("utf-8") for name in PAGES)
    shutil.rmtree(SHOWN, ignore_errors=True)
    SHOWN.mkdir(parents=True)
    for name in sorted(set(re.findall(r"docs/pictures/([\w-]+\.png)", text))):
        shutil.copyfile(EVERY / name, SHOWN / name)
    size = sum(path.stat().st_size for path in SHOWN.iterdir()) // 1024
    print(f"{EVERY}：{len(list(EVERY.iterdir()))} 张；{SHOWN}：共 {size} KB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
