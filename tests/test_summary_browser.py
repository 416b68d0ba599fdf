"""The summary in Chromium: accessible, quiet, within its width, searched, sorted and printed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from pipeline.outcome import NOTE
from pipeline.rulebook import Rulebook
from pipeline.summary.page import DETAILED, TEMPLATES, TONES, write_summary
from tests.kit.outcomes import make_outcome, with_units

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
# A page that asks for anything runs into a proxy that is not there.
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync"]
FLAGS += ["--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>"]
OPEN_ALL = "document.querySelectorAll('details').forEach(box => { box.open = true; })"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ROW_NAMES = "[...document.querySelectorAll('.ranking tbody th')].map(cell => cell.textContent)"
A4_WIDTH = 680
"""The text of an A4 page between the margins, in CSS pixels."""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def summary(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("summary") / "summary.html"
    outcome = make_outcome(rulebook, claims_each=24, alternative=(rulebook.readings[0].id,))
    write_summary(outcome, path)
    return path


@pytest.fixture
def open_page(browser: Browser, summary: Path) -> Iterator[Open]:
    """`open_page(width=…, scheme=…, script=…)` → the opened page; no error may have come up."""
    contexts = []
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    def opened(path: Path = summary, width: int = 1280, scheme: Any = "light", script: bool = True,
               fragment: str = "") -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="module")
def short(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with all its kinds of parts, and few of each: axe looks at every one."""
    path = tmp_path_factory.mktemp("short") / "summary.html"
    taken = (rulebook.readings[0].id,)
    write_summary(make_outcome(rulebook, claims_each=8, alternative=taken), path)
    return path


@pytest.mark.parametrize(
    ("width", "scheme"),
    [(1280, "light"), (360, "dark"), pytest.param(360, "light", marks=pytest.mark.slow),
     pytest.param(1280, "dark", marks=pytest.mark.slow)],
)  # fmt: skip
def test_axe_finds_nothing(open_page: Open, short: Path, width: int, scheme: str) -> None:
    page = open_page(short, width=width, scheme=scheme)
    page.evaluate(OPEN_ALL)
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert len(found["passes"]) > 20
    assert [
        (rule["id"], node["html"], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ] == []


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_labels_in_the_picture_stand_out_from_every_tone() -> None:
    style = (TEMPLATES / "report" / "report.css").read_text("utf-8")
    for theme in style.split("--paper:")[1:3]:
        colours = dict(re.findall(r"--(\w+): (#\w{6});", theme.split("}")[0]))
        for tone in range(TONES):
            low, high = sorted(_luminance(colours[name]) for name in ("ink", f"s{tone}"))
            assert (high + 0.05) / (low + 0.05) >= 4.5, tone


def test_no_request_leaves_the_page(open_page: Open, summary: Path) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(300)
    assert asked == [summary.as_uri()]


def test_what_a_unit_wrote_does_not_run(open_page: Open) -> None:
    page = open_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.images.length") == 0


@pytest.mark.parametrize("width", [1280, 768, 360])
def test_nothing_sticks_out_sideways(open_page: Open, width: int) -> None:
    page = open_page(width=width)
    assert page.evaluate(OVERFLOW) == 0
    page.evaluate(OPEN_ALL)
    assert page.evaluate(OVERFLOW) == 0


def test_on_a_tablet_whole_tables_are_seen(open_page: Open) -> None:
    page = open_page(width=768)
    tables = page.locator(".matrix")
    over = tables.evaluate_all("all => all.map(t => t.offsetWidth - t.parentElement.clientWidth)")
    assert len(over) == 2
    assert max(over) <= 0


def test_on_a_phone_place_unit_total_and_range_need_no_scrolling(open_page: Open) -> None:
    page = open_page(width=360)
    box = page.locator(".ranking tbody tr").first.locator(".range").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360


def test_printed_on_a4_nothing_is_cut_off_and_heads_repeat(open_page: Open) -> None:
    page = open_page(width=A4_WIDTH, scheme="dark")
    page.evaluate(OPEN_ALL)
    page.emulate_media(media="print")
    assert page.evaluate(OVERFLOW) == 0
    wide = "[...document.querySelectorAll('table')].filter(t => t.scrollWidth > innerWidth).length"
    assert page.evaluate(wide) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.claims thead')).display") == (
        "table-header-group"
    )
    row = "getComputedStyle(document.querySelector('.claims tbody tr')).breakInside"
    assert page.evaluate(row) == "avoid"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("nav")).to_be_hidden()
    assert b"/MediaBox [0 0 594.9" in page.pdf(prefer_css_page_size=True)


def test_a_heading_sorts_its_table_both_ways_from_the_keyboard(open_page: Open) -> None:
    page = open_page()
    before = page.evaluate(ROW_NAMES)
    head = page.locator(".ranking thead th", has_text="总分")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert page.evaluate(ROW_NAMES) == before
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    totals = [float(t) for t in page.locator(".ranking .total").all_inner_texts()]
    assert totals == sorted(totals)
    assert page.evaluate(ROW_NAMES) != before
    assert page.locator(".ranking [aria-sort]").count() == 1


def test_sorting_by_numbers_is_not_sorting_by_text(open_page: Open) -> None:
    page = open_page()
    for _ in range(2):
        page.locator(".matrix thead button").nth(1).click()
    cells = page.locator("#sections .matrix tbody td:nth-child(2)")
    texts = cells.evaluate_all("cells => cells.map(cell => cell.dataset.value)")
    numbers = [float(text.replace("−", "-")) for text in texts]
    assert numbers == sorted(numbers)


def test_searching_opens_what_matches_and_hides_the_rest(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("查找单位").fill("召陵")
    expect(page.locator("#found")).to_have_text("找到 1 家单位。")
    expect(page.locator(".unit:visible")).to_have_count(1)
    page.get_by_label("查找单位").fill("看不明白")
    expect(page.locator("#found")).to_have_text(re.compile(r"找到 4 家单位，\d+ 行相符。"))
    expect(page.locator(".unit[open]")).to_have_count(4)
    rows = page.locator(".claims tbody tr:visible").all_inner_texts()
    assert rows
    assert all("看不明白" in row for row in rows)
    page.get_by_label("查找单位").fill("没有这样的词")
    expect(page.locator("#found")).to_have_text("没有找到，请换一个词。")
    page.get_by_label("查找单位").fill("")
    expect(page.locator(".unit:visible")).to_have_count(6)


def test_hints_stay_folded_until_they_are_searched_for(
    open_page: Open, rulebook: Rulebook, tmp_path: Path
) -> None:
    path = tmp_path / "summary.html"
    outcome = make_outcome(rulebook, claims_each=10, hostile=False)
    own = outcome.findings["unit"] == rulebook.units[0]
    findings = outcome.findings.assign(level=outcome.findings["level"].mask(own, NOTE))
    write_summary(replace(outcome, findings=findings), path)
    page = open_page(path)
    page.get_by_role("button", name="全部展开").click()
    hint = page.locator(".notes li").first
    expect(page.locator(".claims:visible")).to_have_count(5)
    expect(hint).to_be_hidden()
    page.get_by_label("查找单位").fill(hint.locator(".problem").text_content() or "")
    expect(hint).to_be_visible()
    page.get_by_label("查找单位").fill("")
    expect(hint).to_be_hidden()


def test_a_link_opens_the_part_of_its_unit(open_page: Open) -> None:
    page = open_page()
    page.locator(".ranking a").nth(1).click()
    expect(page.locator("#d2")).to_have_attribute("open", "")
    expect(page.locator("#d1")).not_to_have_attribute("open", "")
    assert open_page(fragment="#u3").locator("#d3[open]").count() == 1


def test_without_script_everything_can_be_read(open_page: Open) -> None:
    page = open_page(script=False)
    expect(page.locator(".ranking tbody tr")).to_have_count(4)
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator("th button")).to_have_count(0)
    page.locator("#d1 > summary").click()
    expect(page.locator("#d1 .claims tbody tr").first).to_be_visible()


def test_thousands_of_units_open_within_two_seconds_and_are_found(
    open_page: Open, rulebook: Rulebook, tmp_path: Path
) -> None:
    path = tmp_path / "summary.html"
    many = make_outcome(with_units(rulebook, 2860), claims_each=2, hostile=False)
    write_summary(many, path)
    page = open_page(path)
    timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    assert 0 < page.evaluate(timing) < 2000
    name = many.units["unit"].tolist()[DETAILED + 900]
    page.get_by_label("查找单位").fill(name)
    expect(page.locator("#found")).to_have_text("找到 1 家单位。")
    expect(page.locator(".names tbody tr:visible")).to_have_count(1)
