"""What the office's records and rulings say about claims, as findings."""

from collections.abc import Mapping

from pipeline.findings import Findings
from pipeline.judging.claim_findings import ClaimFindings
from pipeline.judging.register import Register
from pipeline.judging.statuses import Settled
from pipeline.layout import RULINGS


def report_records(
    on_claims: ClaimFindings,
    register: Register,
    figures: Mapping[tuple[int, int], tuple[int, int]],
) -> None:
    """Warn of claims that 平时考查 does not know, and note figures that the office replaced."""
    book = on_claims.rulebook
    seen: dict[str, set[tuple[str, str]]] = {}
    for unit, clause, title in register.records[["unit", "clause", "title_key"]].itertuples(
        index=False
    ):
        seen.setdefault(clause, set()).add((unit, title))
    if not (seen or figures):
        return
    claims = on_claims.acceptance.claims
    for claim, unit, code, title in claims.loc[
        claims["accepted"], ["unit", "clause", "key"]
    ].itertuples():
        clause = book.clauses[code]
        header = book.sheet[clause.sheet].header("title")
        if clause.office == "confirms" and clause.id in seen:
            if (book.units[unit], title) not in seen[clause.id]:
                on_claims.add("record-unseen", claim, header)
        elif (unit, code) in figures:
            base, done = figures[unit, code]
            on_claims.add("record-used", claim, header, detail=f"{done} ÷ {base}")


def report_rulings(
    on_claims: ClaimFindings, register: Register, settled: Settled, findings: Findings
) -> None:
    """Findings on rulings that match nothing, are overruled, or could not help."""
    acceptance = on_claims.acceptance

    def add(code: str, position: int, detail: object) -> None:
        ruling = register.rulings.iloc[position]
        findings.add(
            code, unit=ruling["unit"], file=ruling["file"], sheet=RULINGS, cell=ruling["cell"],
            clause=ruling["clause"], title=ruling["title"], detail=detail,
        )  # fmt: skip

    for position, why in sorted(acceptance.unmatched.items()):
        add("register-unmatched", position, why)
    for position, later in sorted(acceptance.overruled.items()):
        add("register-overruled", position, register.rulings["row"].iat[later])
    for position, why in on_claims.not_lifted():
        add("register-not-lifted", position, why)
