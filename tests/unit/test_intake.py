"""Raw returns → tables: what stands in the cell beside what it was read as."""

from datetime import datetime

import pandas as pd

from pipeline.intake import evidence_flag, joined, unit_reader
from pipeline.reading.raw import Note, RawReturn, RawSheet
from pipeline.rulebook import Rulebook
from tests.kit.made import Maker, changed

JUNE = pd.Timestamp("2015-06-01")


def test_a_return_is_one_row(maker: Maker) -> None:
    returns = maker.batch(
        maker.sent("舞阳 县", path="一/甲.xlsx", date="2015年12月1日-3日", year="2015年度",
                   stamp="2014-abc", sha256="s1"),
        maker.sent("某县", path="乙.xlsx", date="12月1日", year=2014, stamp="x"),
        maker.sent(None, path="丙.xlsx", date=None, year=None),
        RawReturn("坏.xlsx", "s4", Note("file-damaged")),
    ).returns  # fmt: skip
    assert returns.index.tolist() == [0, 1, 2, 3]
    assert returns["file"].tolist() == ["一/甲.xlsx", "乙.xlsx", "丙.xlsx", "坏.xlsx"]
    assert returns["sha256"].tolist() == ["s1", "sha of 乙.xlsx", "sha of 丙.xlsx", "s4"]
    assert returns["readable"].tolist() == [True, True, True, False]
    assert returns["unit"].tolist() == ["舞阳县工商联", None, None, None]
    assert returns["unit_text"].tolist() == ["舞阳 县", "某县", "", ""]
    assert returns["year"].tolist() == [2015, 2014, None, None]
    assert returns["year_text"].tolist() == ["2015年度", "2014", "", ""]
    assert returns["stamp_year"].tolist() == [2014, None, None, None]
    assert returns["day"].tolist() == [pd.Timestamp("2015-12-01"), pd.NaT, pd.NaT, pd.NaT]
    assert returns["last"].tolist() == [pd.Timestamp("2015-12-03"), pd.NaT, pd.NaT, pd.NaT]
    assert returns["day"].dtype == returns["last"].dtype == "datetime64[s]"
    assert returns["date_text"].tolist() == ["2015年12月1日-3日", "12月1日", "", ""]
    assert returns["date_reason"].tolist()[:2] == ["", "没有写年份"]
    assert {"person", "phone", "made_from"} <= set(returns.columns)


def test_a_date_that_is_no_range_is_its_own_last_day(maker: Maker) -> None:
    batch = maker.batch(maker.sent("舞阳", maker.claim("一.4"), date=datetime(2015, 12, 1, 8)))
    assert batch.returns["last"][0] == batch.returns["day"][0] == pd.Timestamp("2015-12-01")
    assert batch.claims["last"][0] == batch.claims["day"][0] == JUNE
    assert not batch.claims["is_range"][0]


def test_a_claim_is_one_row(maker: Maker) -> None:
    claim = maker.claim(
        "一.7", title=" Ａ 报道 ", date="2015年6月1日-3日", words="１，２００字",
        统计报表="无", 证明材料="附件 1", 媒体或刊物="某报", 备注=7.0,
    )  # fmt: skip
    row = maker.claims(claim).iloc[0]
    assert (row["ret"], row["sheet"], row["row"]) == (0, "宣传信息", 5)
    assert (row["clause"], row["clause_text"]) == ("一.7", "一.7")
    assert (row["title"], row["title_key"]) == (" Ａ 报道 ", "a报道")
    assert (row["day"], row["last"]) == (JUNE, pd.Timestamp("2015-06-03"))
    assert row["is_range"]
    assert (row["date_text"], row["date_reason"]) == ("2015年6月1日-3日", "")
    assert (row["words"], row["words_exact"], row["words_text"]) == (1200.0, 1200, "１，２００字")
    assert (row["object"], row["object_key"]) == ("", "")
    assert pd.isna(row["base"])
    assert (row["base_exact"], row["base_text"]) == (None, "")
    assert pd.isna(row["done"])
    assert (row["统计报表"], row["有统计报表"]) == ("无", False)
    assert (row["证明材料"], row["有证明材料"]) == ("附件 1", True)
    assert (row["通知"], row["有通知"]) == ("", False)
    assert set(row["other"].split("；")) == {"媒体或刊物：某报", "备注：7"}


def test_what_is_unclear_keeps_its_text(maker: Maker) -> None:
    claim = maker.claim("一.7", clause="第七条", date="6月1日", words="约800字")
    row = maker.claims(claim).iloc[0]
    assert (row["clause"], row["clause_text"]) == (None, "第七条")
    assert (row["date_text"], row["date_reason"]) == ("6月1日", "没有写年份")
    assert pd.isna(row["day"])
    assert pd.isna(row["last"])
    assert (row["words_text"], row["words_exact"]) == ("约800字", None)
    assert pd.isna(row["words"])


def test_kinds_of_columns(maker: Maker, rulebook: Rulebook) -> None:
    table = maker.claims(maker.claim("五.1a", base=10**17, done=10**17 + 1), maker.claim("二.4"))
    assert table["day"].dtype == table["last"].dtype == "datetime64[s]"
    assert table["ret"].dtype == table["row"].dtype == "int32"
    assert [table[name].dtype for name in ("words", "base", "done")] == ["float64"] * 3
    assert table["done_exact"].tolist() == [10**17 + 1, None]
    assert table["sheet"].cat.categories.tolist() == list(rulebook.sheet)
    assert table["object_key"].tolist() == ["", "甲"]
    for header in rulebook.evidence_headers:
        assert evidence_flag(header) == f"有{header}"
        assert table[f"有{header}"].dtype == bool


def test_texts_are_plain_objects_and_what_is_unknown_is_none(maker: Maker) -> None:
    table = maker.claims(
        maker.claim("二.4", object=" Ａ 行"), maker.claim("二.4", clause="x", object=None)
    )
    assert table["object"].tolist() == [" Ａ 行", ""]
    assert table["object_key"].tolist() == ["a行", ""]
    assert table["clause"].tolist() == ["二.4", None]
    assert table[["clause", "title", "object"]].dtypes.eq(object).all()
    assert "index" not in table


def test_what_reads_alike_when_put_together_stays_apart_in_its_columns(maker: Maker) -> None:
    """One cell may hold what looks like the next column's part."""
    table = maker.claims(
        maker.claim("一.4", 地点="东；参加人数：3", 参加人数=None),
        maker.claim("一.4", 地点="东", 参加人数=3),
        maker.claim("一.4", 地点=None, 参加人数=3),
        maker.claim("一.4"),
    )
    alike = "地点：东；参加人数：3"
    assert table["other"].tolist() == [alike, alike, "参加人数：3", ""]


def test_combinations_are_told_apart_however_many_there_are() -> None:
    one, other = ["a", "b", "c"], ["x", "y"]
    pairs = [(first, second) for first in one for second in other]
    columns = {
        "一": pd.Series(pd.Categorical([first for first, _ in pairs])),
        "二": pd.Series(pd.Categorical([second for _, second in pairs])),
    }
    assert joined(columns, 6).tolist() == [f"一：{first}；二：{second}" for first, second in pairs]


def test_joined_without_columns_and_without_rows() -> None:
    texts = pd.Series(pd.Categorical(["甲", ""]))
    assert joined({}, 2).tolist() == ["", ""]
    assert joined({"头": texts}, 2).tolist() == ["头：甲", ""]
    assert joined({"头": texts[:0]}, 0).tolist() == []


def test_a_rulebook_may_do_without_some_columns(maker: Maker, rulebook: Rulebook) -> None:
    first = rulebook.sheets[0]
    book = changed(rulebook, sheets=(first,), clauses=rulebook.clauses_of(first.name))
    few = Maker(book)
    table = few.claims(few.claim("一.4"), few.claim("一.3"))
    assert table["words_exact"].tolist() == [None, None]
    assert table["base"].isna().all()
    assert table["object"].tolist() == ["", ""]
    assert table["title"].tolist() == ["一.4 一事", "一.3 一事"]


def test_claims_come_in_order_of_return_sheet_and_row(maker: Maker) -> None:
    batch = maker.batch(
        maker.sent("临颍", maker.claim("二.4", title="丁"), maker.claim("一.4", title="甲"),
                   maker.claim("一.7", title="丙"), maker.claim("一.4", title="乙")),
        maker.sent("舞阳", maker.claim("一.4", title="戊")),
    )  # fmt: skip
    assert batch.claims["title"].tolist() == ["甲", "乙", "丙", "丁", "戊"]
    assert batch.claims["ret"].tolist() == [0, 0, 0, 0, 1]
    assert batch.claims["row"].tolist() == [5, 6, 5, 5, 5]
    assert batch.claims.index.tolist() == [0, 1, 2, 3, 4]
    sheets = ["活动培训", "活动培训", "宣传信息", "专项工作", "活动培训"]
    assert batch.claims["sheet"].tolist() == sheets


def test_no_returns_and_no_claims_are_empty_tables(maker: Maker) -> None:
    assert len(maker.batch().returns) == 0
    assert len(maker.batch().claims) == 0
    assert len(maker.claims()) == 0


def short_sheet() -> RawSheet:
    """A sheet whose columns stand elsewhere, and some of them nowhere."""
    cells = {"条款": ["一.4", "一.3"], "通知": ["附件1", None]}
    return RawSheet({"通知": 27, "条款": 3}, [4, 9], cells)  # type: ignore[arg-type]


def test_columns_that_are_missing_are_empty(maker: Maker) -> None:
    sent = maker.sent("舞阳")
    sent.sheets["活动培训"] = short_sheet()
    table = maker.batch(maker.sent("临颍", maker.claim("一.4")), sent).claims
    assert table["clause"].tolist() == ["一.4", "一.4", "一.3"]
    assert table["row"].tolist() == [5, 4, 9]
    assert table["title"].tolist() == ["一.4 一事", "", ""]
    assert table["有通知"].tolist() == [True, True, False]
    assert table["有方案"].tolist() == [True, False, False]
    assert table["other"].tolist() == ["", "", ""]


def test_cells_are_named_by_their_column_or_the_leftmost_known_one(maker: Maker) -> None:
    sent = maker.sent("舞阳", maker.claim("一.7"))
    sent.sheets["活动培训"] = short_sheet()
    batch = maker.batch(maker.sent("临颍", maker.claim("一.4")), sent)
    assert batch.cell(1, "活动培训", "通知", 4) == "AB4"
    assert batch.cell(1, "活动培训", "条款", 9) == "D9"
    assert batch.cell(1, "活动培训", "总结", 9) == "D9"
    assert batch.cell(1, "宣传信息", "字数", 5) == "E5"
    assert batch.cell(0, "活动培训", "通知", 5) == "F5"
    assert batch.cell(0, "活动培训", "条款", 5) == "A5"


def test_a_sheet_without_a_known_column_points_at_column_a(maker: Maker) -> None:
    sent = maker.sent("舞阳")
    sent.sheets["活动培训"] = RawSheet({}, [], {})
    assert maker.batch(sent).cell(0, "活动培训", "条款", 3) == "A3"


def test_each_different_value_of_a_column_is_read_alike(maker: Maker) -> None:
    claims = [maker.claim("一.4", date=d, title=t) for d, t in (("2015-6-1", "甲"), ("6月", "乙"))]
    table = maker.claims(*claims, *claims)
    assert table["day"].notna().tolist() == [True, False, True, False]
    assert table["title"].tolist() == ["甲", "乙", "甲", "乙"]


def test_the_reader_of_units_knows_the_roster(rulebook: Rulebook) -> None:
    read = unit_reader(rulebook)
    for row in rulebook.roster:
        for name in (row.unit, *row.short_names):
            for prefix in ("", *rulebook.unit_prefixes):
                assert read(prefix + name) == row.unit
        assert read(row.unit.replace("工商联", "工商业联合会")) == row.unit
    assert read("某县工商联") is None
