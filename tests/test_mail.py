"""E-mail drafts: what a mail program opens, and that no address can smuggle in a header."""

import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.history import load
from pipeline.mail.drafts import (
    MailError,
    archive,
    check_addresses,
    draft_feedback,
    draft_ranking,
)
from pipeline.mail.smtp import deliver
from pipeline.rulebook import Rulebook
from tests.kit.feedback_case import WHEN
from tests.kit.mail_case import TO, attachments, make_output, parse


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory, rulebook: Rulebook, root: Path) -> Path:
    template = root / "templates" / "intake_template.xlsx"
    return make_output(tmp_path_factory.mktemp("mail") / "output", rulebook, template)


@pytest.fixture
def addressed(rulebook: Rulebook) -> Rulebook:
    """The rulebook with addresses of the first unit."""
    first, *others = rulebook.roster
    first = first.model_copy(update={"email": "a@example.com; b@example.com"})
    return rulebook.model_copy(update={"roster": (first, *others)})


def test_the_draft_opens_unsent_with_chinese_names_and_whole_attachments(
    output: Path, rulebook: Rulebook
) -> None:
    draft = draft_ranking(output, rulebook, [TO, "b@example.com"], WHEN)
    assert draft.path == output / "ranking.eml"
    data = draft.message.as_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert data.isascii()
    assert max(map(len, data.splitlines())) <= 998
    message = parse(data)
    assert message["X-Unsent"] == "1"
    assert message["Subject"] == "漯河市工商联系统2015年度工作目标考核：排名（核定）"
    assert message["To"] == f"{TO}, b@example.com"
    assert message["From"] is None
    assert attachments(message) == {
        "考核排名（核定）.xlsx": (output / "ranking.xlsx").read_bytes(),
        "考核结果摘要（核定）.html": (output / "summary.html").read_bytes(),
    }
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert re.search("第 1 名　.+工商联　[0-9.]+ 分", text)
    assert "（逾期）" in text
    assert "（未报送）" in text
    assert "2015年12月21日" in text
    kinds = [part.get_content_type() for part in message.iter_attachments()]
    assert kinds == [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/html",
    ]  # fmt: skip


def test_the_same_outputs_give_the_same_draft(output: Path, rulebook: Rulebook) -> None:
    first, second = (
        draft_ranking(output, rulebook, [TO], WHEN).message.as_bytes() for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    "address",
    ["a@b@c", "a", "a@", "@b.c", "<a@b.c>", "a@b.c\x00", "a@b..c", "甲@example.com", "a@-b.c",
     'x"@b.c', "a@b.c>", "Bcc:a@b.c", "a" * 260 + "@b.c"],
)  # fmt: skip
def test_what_is_no_address_never_reaches_a_header(
    output: Path, rulebook: Rulebook, address: str
) -> None:
    with pytest.raises(MailError, match=r"邮箱地址“.*”不正确") as caught:
        draft_ranking(output, rulebook, [address], WHEN)
    assert "\n" not in str(caught.value)
    assert "\x00" not in str(caught.value)


def test_a_line_break_between_addresses_makes_no_header(output: Path, rulebook: Rulebook) -> None:
    with pytest.raises(MailError):
        draft_ranking(output, rulebook, ["a@b.c\r\nBcc: x@y.z"], WHEN)
    assert check_addresses(["a@b.c,d@e.f；a@b.c", ""]) == ["a@b.c", "d@e.f"]


def test_without_outputs_one_line_says_so(tmp_path: Path, rulebook: Rulebook) -> None:
    with pytest.raises(MailError, match="请先运行计分"):
        draft_ranking(tmp_path, rulebook, [TO], WHEN)
    with pytest.raises(MailError, match="请先运行计分"):
        draft_feedback(tmp_path, rulebook, WHEN)
    (tmp_path / "ranking.xlsx").write_bytes(b"no workbook")
    (tmp_path / "summary.html").write_bytes(b"")
    with pytest.raises(MailError, match="没有可用的计分记录"):
        draft_ranking(tmp_path, rulebook, [TO], WHEN)


def test_each_unit_gets_its_own_copy_and_notice(output: Path, addressed: Rulebook) -> None:
    first, second = draft_feedback(output, addressed, WHEN)
    unit = addressed.units[0]
    assert first.path == output / "feedback" / f"{unit}-退回.eml"
    assert first.recipients == ["a@example.com", "b@example.com"]
    assert [a.display_name for a in first.message["To"].addresses] == [unit, unit]
    copy = output / "feedback" / f"{unit}-退回.xlsx"
    assert attachments(parse(first.message.as_bytes())) == {copy.name: copy.read_bytes()}
    body = first.message.get_body(("plain",))
    assert body is not None
    assert "日期看不明白" in body.get_content()
    assert "\ufeff" not in body.get_content()
    assert second.unit == addressed.units[1]
    assert second.recipients == []
    assert second.message["To"] is None


def test_units_without_an_address_are_named(output: Path, addressed: Rulebook) -> None:
    lines: list[str] = []
    drafts = draft_feedback(output, addressed, WHEN)
    asked = {"environ": {}, "say": lines.append, "dry_run": False}
    assert deliver(drafts, output, sending=False, **asked) == 0
    assert lines[-1] == f"名册里没有邮箱地址、须另行通知的单位：{addressed.units[1]}"
    assert "退回材料.zip" in lines[-2]
    written = sorted((output / "feedback").glob("*.eml"))
    assert [path.name for path in written] == sorted(
        f"{unit}-退回.eml" for unit in addressed.units[:2]
    )


def test_the_mail_names_every_place_with_its_award_and_who_sends_it(
    output: Path, rulebook: Rulebook
) -> None:
    signed = rulebook.model_copy(
        update={"office": "某市工商联办公室", "contact": "张三", "phone": "0395-0000000"}
    )
    body = draft_ranking(output, signed, [TO], WHEN).message.get_body(("plain",))
    assert body is not None
    lines = body.get_content().splitlines()
    record = load(output)
    assert record is not None
    for unit, standing in record.units.items():
        (line,) = [line for line in lines if f"　{unit}　" in line or f"{unit}（" in line]
        assert standing.award in line
        wanted = f"第 {standing.place} 名" if standing.place else f"（{standing.status}）"
        assert wanted in line
    assert any(standing.award for standing in record.units.values())
    assert [line for line in lines if line][-3:] == [
        "某市工商联办公室", "联系人：张三　0395-0000000", "2015年12月21日",
    ]  # fmt: skip


def test_the_archive_holds_what_goes_back_by_unit_and_is_the_same_every_time(
    output: Path, rulebook: Rulebook
) -> None:
    first, second = (archive(output, rulebook.units) for _ in range(2))
    assert first == second
    with ZipFile(BytesIO(first)) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    wanted = {
        f"{unit}-退回/{path.name}": path.read_bytes()
        for unit in rulebook.units[:2]
        for path in (output / "feedback").glob(f"{unit}-退回*")
        if path.suffix != ".eml"
    }
    assert held == wanted
    assert len(held) == 4


def test_sending_to_nobody_is_refused(output: Path, rulebook: Rulebook) -> None:
    asked = {"environ": {}, "say": lambda line: None, "dry_run": False}
    with pytest.raises(MailError, match="没有收件地址"):
        deliver(draft_feedback(output, rulebook, WHEN), output, sending=True, **asked)
