"""A summary page taken apart for the tests: its tags, its tables, its text."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Tags, attributes, tables (by caption) and the text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.tables: dict[str, list[list[str]]] = {}
        self._caption = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "input", "line", "circle"} or self.open[-1:] == ["svg"]:
            self.open.append(tag)
        if tag == "caption":
            self._caption = ""
        elif tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        elif tag in {"td", "th"}:
            self.tables[self._caption][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" in self.open or "script" in self.open:
            return
        self.text += data
        if "caption" in self.open:
            self._caption += data
        elif {"td", "th"} & set(self.open):
            self.tables[self._caption][-1][-1] += data

    def table(self, caption: str) -> list[list[str]]:
        """The rows, header first, of the one table whose caption begins so."""
        found = [rows for name, rows in self.tables.items() if name.startswith(caption)]
        assert len(found) == 1, f"{caption}: {list(self.tables)}"
        return [[cell.strip() for cell in row] for row in found[0]]
