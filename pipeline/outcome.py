"""What an assessment hands to the writers: plain tables, one dataclass."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from pipeline.findings import LEVELS
from pipeline.rulebook import TOTAL, Award, Rulebook

NORMAL, DISQUALIFIED, LATE, MISSING, PENDING = "正常", "取消资格", "逾期", "未报送", "待核"
REPLACED, UNKNOWN_UNIT, UNREADABLE = "已被替代", "单位不明", "无法读取"
COUNTED, NOT_COUNTED = "计分", "不计"
PLACES = 6
"""Decimals to which points are summed: a tie must not hang on binary rounding."""
ERROR, WARNING, NOTE = LEVELS
TIE = "并列待定"


def column_of(award: Award, rulebook: Rulebook) -> str:
    """The column of `Outcome.units` in which an award is proposed."""
    by_key = award.basis == (rulebook.key_section,) and not award.concerns
    return "key_award" if by_key else "award"


@dataclass(frozen=True)
class Outcome:
    """An assessed batch of returns.

    Attributes:
        rulebook: the rules in force: as the readings taken leave them.
        alternative: ids of the readings taken in their alternative sense.
        stage: `初评`; `核定` where at least one ruling was applied; `审定` where the chairmen's
            meeting decided.
        when: the time of the run (SOURCE_DATE_EPOCH where set), naive local time.
        facts: 运行信息, (项目, 内容) pairs in order.
        units: the roster, ranked units first. Columns as `columns.UnitTable`.
        sections: index `unit` (正常 only, order of `units`), one float column per section name.
        sums: as `sections`, one column per row of `sums.csv`.
        points: index `unit` as `sections`, one float column per clause id, after rulings.
        values: as `points`: the measured value that the band was looked up with (number of claims,
            different 对象, ratio, growth; for per-claim clauses the number of accepted claims);
            null where there is none.
        parts: what clauses look up month by month, title by title or beside other units. Columns
            as `Scored.parts`, `unit` by its name.
        claims: the ledger, one row per claim, in order of unit, file, sheet, row. Columns: `unit`
            (full name, or as written), `file`, `sheet`, `row` (int), `clause` (id, or as written),
            `title`, `date` (datetime or the text as written or None), `result` (计分, 不计),
            `points` (float, null where the measure is per unit or nothing is counted), `reason`,
            `checked_result` (before rulings), `ruling` (who and why, or ''), `object`, `words`,
            `base`, `done`, `evidence` (text: `通知：附件1；方案：附件2`), `other` (further
            columns as text), `place_of` (A1 reference of the clause cell). Texts that come again
            and again are categories.
        findings: 问题清单 in order. Columns as `columns.FindingTable`.
        files: 报送情况. Columns: `unit`, `status`, `date` (datetime64), `file`, `sha256`,
            `note` (one sentence on what became of it), `person`, `phone` (from the cover).
        others: what lies in the folder besides returns. Columns: `file`, `note`.
        readings: 口径说明. Columns: `id`, `clauses`, `question`, `taken` (默认 or 另一种), `sense`,
            `other`, `impact`, `changes` (as `combinations.readings_table` says).
        awards: award name → places, fixed by the measure or set by the office.
        proposals: who is proposed for which award, in the order of `units`. Columns `award`,
            `unit`, `tied` (whether the unit shares a place that does not fit).
        contests: (awards of one basis among the same units, table) where neither 排名 nor 重点工作
            tells their ranking. Columns `unit`, `group`, `place`, `points`, `award` (what is
            proposed by this basis), `veto` (what bars it), best first, group by group where each
            competes by itself.
        decisions: what the chairmen's meeting decided. Columns as `register.DECISION_COLUMNS`.
        decisive: sentences on which readings decide the first place and the last award place.
        rulings: applied rulings. Columns `unit`, `clause`, `title`, `word`, `points`, `reason`,
            `judge`, `file`, `cell`; `of_file`, `of_sheet`, `of_row` (null without) of one claim.
        disputed: rulings on which the judges disagree, none of them applied; as `rulings`.
        entered: what was entered in the last review.xlsx and not applied, for it is to be mended:
            header of 评审核定 → cell, for each row.
        records: rows of 平时考查. Columns as `register.RECORD_COLUMNS`.
        entries: what the office alone recorded. Columns as `register.ENTRY_COLUMNS`.
        changes: what changed since the last run. Columns `unit`, `what`, `before`, `after`,
            `cause`; empty on a first run.
    """

    rulebook: Rulebook
    alternative: tuple[str, ...]
    stage: str
    when: datetime
    facts: list[tuple[str, str]]
    units: pd.DataFrame
    sections: pd.DataFrame
    points: pd.DataFrame
    values: pd.DataFrame
    claims: pd.DataFrame
    findings: pd.DataFrame
    files: pd.DataFrame
    readings: pd.DataFrame
    awards: dict[str, int]
    rulings: pd.DataFrame
    sums: pd.DataFrame = field(default_factory=pd.DataFrame)
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    disputed: pd.DataFrame = field(default_factory=pd.DataFrame)
    entered: list[dict[str, Any]] = field(default_factory=list)
    records: pd.DataFrame = field(default_factory=pd.DataFrame)
    entries: pd.DataFrame = field(default_factory=pd.DataFrame)
    decisive: list[str] = field(default_factory=list)
    proposals: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["award", "unit", "tied"])
    )
    contests: list[tuple[list[Award], pd.DataFrame]] = field(default_factory=list)
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    others: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Index as `sections`: points by clause, sum, numeral of a section, and `total`."""
        sections = self.sections.rename(columns=self.rulebook.sections)
        totals = self.units.set_index("unit")["total"].reindex(sections.index).rename(TOTAL)
        return pd.concat([self.points, self.sums, sections, totals], axis=1)
