"""A zip for the clerk's Windows machine that needs no network: `make kit`.

The program, the .cmd files to double click, the manual as web pages, and the libraries: as wheels
for the clerk's own Python, or unpacked beside an embeddable Python where its zip is given.
Same sources and wheels, same bytes.
"""

import argparse
import base64
import html
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
NAME = "assessment-kit"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PROGRAM = (
    "pipeline/**/*",
    "templates/**/*",
    "data/rulebook/**/*",
    "windows/*.py",
    "windows/*.html",
)
MANUAL = "README.zh-CN.md"
PAGES = {MANUAL: "使用手册.html"}
EPOCH = (2000, 1, 1, 0, 0, 0)
STYLE = (
    "body{max-width:52em;margin:2em auto;padding:0 1em;font:16px/1.7 sans-serif}img{max-width:100%}"
    "table{border-collapse:collapse}th,td{border:1px solid #999;padding:.3em .6em;text-align:left}"
    "code,pre{background:#f3f3f3}pre{padding:.6em;overflow:auto}"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the kit and say where it is."""
    parser = argparse.ArgumentParser(prog="make kit ARGS=…", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / f"{NAME}.zip")
    parser.add_argument("--python", action="append", help="3.11 …; more than once for several")
    parser.add_argument("--embed", type=Path, help="an embeddable Python's zip, as from python.org")
    parser.add_argument("--wheels", type=Path, help="a folder of wheels; without it, downloaded")
    parser.add_argument("--here", action="store_true", help="wheels for this machine, for trying")
    options = parser.parse_args(argv)
    versions = options.python or (embedded_version(options.embed) if options.embed else VERSIONS)
    with tempfile.TemporaryDirectory() as scratch:
        wheels = options.wheels or download(Path(scratch), () if options.here else versions)
        files = dict(contents(wheels, options.embed))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(options.output, "w") as kit:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", EPOCH)
            packed = name.endswith((".whl", ".png"))
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            kit.writestr(entry, files[name])
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB, {len(files)} files")


def download(folder: Path, versions: Sequence[str]) -> Path:
    """The wheels of requirements.lock, hashes checked; without versions, for this machine."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    lock = folder / "lock.txt"
    call = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    call += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    call += ["--dest", str(folder / "wheels")]
    for version in versions:
        lock.write_text(lock_for(text, version), "utf-8")
        target = ["--platform", "win_amd64", "--python-version", version]
        subprocess.run([*call, *target], check=True)
    if not versions:
        lock.write_text(text, "utf-8")
        subprocess.run(call, check=True)
    return folder / "wheels"


def lock_for(text: str, version: str) -> str:
    """The lock as this Python on Windows reads it: pip asks the marks of the machine it runs on."""
    there = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"}
    there |= {"python_version": version, "python_full_version": f"{version}.0"}
    kept = []
    for entry in re.split(r"\n(?=\S)", text):
        mark = entry.partition("\n")[0].removesuffix("\\").partition(" ; ")[2]
        if not mark or Marker(mark).evaluate(there):
            kept.append(entry.replace(f" ; {mark}", " ") if mark else entry)
    return "\n".join(kept)


def contents(wheels: Path, embed: Path | None) -> Iterator[tuple[str, bytes]]:
    """(Name in the kit, bytes) of each file."""
    for pattern in PROGRAM:
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for path in (ROOT / "windows").glob("*.cmd"):
        yield path.name, path.read_bytes()
    yield "requirements.lock", (ROOT / "requirements.lock").read_bytes()
    yield from pages()
    files = sorted(wheels.glob("*.whl"))
    if embed is None:
        yield from ((f"wheels/{path.name}", path.read_bytes()) for path in files)
        return
    yield from embedded(embed)
    for path in files:
        yield from unpacked(path)


def embedded_version(embed: Path) -> tuple[str, ...]:
    """The Python in an embeddable zip, by the name of its path file: python313._pth is 3.13."""
    with zipfile.ZipFile(embed) as packed:
        found = re.search(r"python3(\d+)\._pth", " ".join(packed.namelist()))
    if not found:
        raise SystemExit(f"{embed}: not an embeddable Python, it has no python3….pth")
    return (f"3.{found[1]}",)


def embedded(embed: Path) -> Iterator[tuple[str, bytes]]:
    """An embeddable Python that finds the libraries and the program, and nothing else."""
    with zipfile.ZipFile(embed) as packed:
        for name in packed.namelist():
            data = packed.read(name)
            if name.endswith("._pth"):
                library = name.removesuffix("._pth") + ".zip"
                data = "\r\n".join([library, ".", "..\\libs", "..", ""]).encode()
            if not name.endswith("/"):
                yield f"python/{name}", data


def unpacked(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """A wheel's files as they lie when installed; scripts are of no use without pip."""
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            place = re.sub(r"^[^/]+\.data/(purelib|platlib)/", "", name)
            if not name.endswith("/") and not re.match(r"[^/]+\.data/", place):
                yield f"libs/{place}", packed.read(name)


# Manual --------------------------------------------------------------------------------------


def pages() -> Iterator[tuple[str, bytes]]:
    """The manual and the pages it leads to as web pages, pictures inside."""
    todo = [MANUAL]
    for source in todo:
        path = ROOT / source
        markdown = MarkdownIt("commonmark").enable("table")
        tokens = markdown.parse(path.read_text("utf-8"))
        for number, token in enumerate(tokens):
            if token.type == "heading_open":
                token.attrSet("id", anchor(tokens[number + 1].content))
            for child in token.children or ():
                if linked := localise(child, path.parent):
                    todo += [linked] if source == MANUAL and linked not in todo else []
        title = next(
            inline.content for heading, inline in pairwise(tokens) if heading.type == "heading_open"
        )
        body = markdown.renderer.render(tokens, markdown.options, {})
        page = (
            f'<!doctype html>\n<html lang="zh-CN">\n<meta charset="utf-8">\n'
            f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n{body}</html>\n"
        )
        yield page_name(source), page.encode()


def page_name(source: str) -> str:
    """README.zh-CN.md → 使用手册.html, docs/findings.md → docs/findings.html."""
    return PAGES.get(source, source.removesuffix(".md") + ".html")


def localise(token: Token, folder: Path) -> str:
    """Pictures go into the page, links to pages lead to their web pages; the page that is meant."""
    if token.type == "image":
        picture = base64.b64encode((folder / str(token.attrs["src"])).read_bytes()).decode()
        token.attrs["src"] = f"data:image/png;base64,{picture}"
    target = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
    if found := re.match(r"([\w/.-]+\.md)(#.*)?$", target):
        source = (folder / found[1]).resolve().relative_to(ROOT).as_posix()
        token.attrs["href"] = f"{found[1].removesuffix('.md')}.html{found[2] or ''}"
        return source
    return ""


def anchor(heading: str) -> str:
    """The name under which a heading is linked: small letters, hyphens for blanks."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


if __name__ == "__main__":
    main()
