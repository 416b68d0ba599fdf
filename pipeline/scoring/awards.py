"""Places → grades and awards, and what bars a unit from them (二（二）).

How many awards there are is the chairmen's to say, where the measure does not.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.outcome import PLACES, TIE
from pipeline.rulebook import TOTAL, Award, Rulebook
from pipeline.scoring.score import Bools, Floats, Scored, Tally, groups_of, places
from pipeline.wording import describe_broken_tie

_MOST_NAMES = 5


def vetoes(
    rulebook: Rulebook, scored: Scored, added: Tally, said: Iterable[tuple[str, str]]
) -> list[tuple[str, ...]]:
    """The vetoes that each unit falls under, in roster order.

    `said` is what the office records: (unit, what). Where the measure has one such veto, whatever
    is recorded is that one.
    """
    by_office = [veto.name for veto in rulebook.vetoes if not veto.when]
    recorded = {
        (unit, by_office[0] if len(by_office) == 1 else what) for unit, what in said if by_office
    }
    found: list[tuple[str, ...]] = []
    for code, unit in enumerate(rulebook.units):
        names = []
        for veto in rulebook.vetoes:
            if not veto.when:
                barred = (unit, veto.name) in recorded
            elif veto.when in rulebook.clause_codes:
                barred = veto.holds(scored.values[code, rulebook.clause_codes[veto.when]])
            else:
                barred = veto.holds(added.points[veto.when][code])
            if barred:
                names.append(veto.name)
        found.append(tuple(names))
    return found


def barred_from(rulebook: Rulebook, name: str, vetoed: Sequence[tuple[str, ...]]) -> Bools:
    """(units,) whether a veto bars each unit from a grade or an award."""
    bars = {veto.name for veto in rulebook.vetoes if name in veto.bars}
    return np.array([bool(bars & set(names)) for names in vetoed], dtype=bool)


def grades(rulebook: Rulebook, added: Tally, vetoed: Sequence[tuple[str, ...]]) -> list[str]:
    """The grade of each unit, the first that fits; '' where none does or it is not ranked."""
    totals, groups = added.points[TOTAL], groups_of(rulebook)
    given = np.full(len(totals), "", dtype=object)
    ranked = ~np.isnan(totals)
    open_ = ranked.copy()
    for grade in rulebook.grades:
        barred = barred_from(rulebook, grade.name, vetoed)
        fits = open_ & ~barred
        if grade.least is not None:
            fits &= totals >= float(grade.least)
        elif grade.share is not None:
            ranks = places(np.where(barred, np.nan, added.standing), groups)
            for group in np.unique(groups):
                number = int(grade.share * int((ranked & (groups == group)).sum()))
                fits &= (groups != group) | (ranks <= number)
        given[fits] = grade.name
        open_ = open_ & ~fits
    return given.tolist()


def basis_points(added: Tally, basis: Sequence[str]) -> Floats:
    """(units,) the points that an award goes by."""
    points: Floats = np.round(np.sum([added.points[name] for name in basis], axis=0), PLACES)
    return points


def _asked(added: Tally, basis: Sequence[str]) -> Floats:
    """(units,) numbers as large as the claim to an award; who has no points of it is left out."""
    points = basis_points(added, basis)
    return added.standing.copy() if basis == (TOTAL,) else np.where(points > 0, points, np.nan)


def pools(rulebook: Rulebook, award: Award) -> list[Bools]:
    """(units,) who competes with each other for an award: for each of the competitions."""
    if award.concerns:
        return [np.array([unit.among(award.concerns) for unit in rulebook.roster])]
    groups = groups_of(rulebook)
    return [groups == group for group in np.unique(groups)]


def propose(
    rulebook: Rulebook, added: Tally, seats: Mapping[str, int], vetoed: Sequence[tuple[str, ...]]
) -> pd.DataFrame:
    """What is proposed to each unit, in roster order: one column an award, its name, TIE or ''.

    Awards of one basis follow each other. An award without `seats` is not proposed.
    """
    table = pd.DataFrame(index=range(len(rulebook.units)))
    left: dict[Sequence[str], Floats] = {}
    shared: dict[tuple[Sequence[str], bytes], int] = {}
    for award in rulebook.awards:
        number = seats.get(award.name)
        words = np.full(len(table), "", dtype=object)
        table[award.name] = words
        if number is None:
            continue
        amounts = left.setdefault(award.basis, _asked(added, award.basis))
        barred = barred_from(rulebook, award.name, vetoed)
        for pool in pools(rulebook, award):
            ranks = places(np.where(pool & ~barred, amounts, np.nan))
            # Who shares a place that does not fit takes it from this award and the next ones.
            before = shared.get((award.basis, pool.tobytes()), 0)
            free, over = number - before, max(before - number, 0)
            for code in np.flatnonzero(ranks <= free).tolist():
                last = int(ranks[code] + (ranks == ranks[code]).sum()) - 1
                words[code] = award.name if last <= free else TIE
                over = max(over, last - free)
            shared[award.basis, pool.tobytes()] = over
        amounts[words != ""] = np.nan
        table[award.name] = words
    return table


def contests(
    rulebook: Rulebook, added: Tally, proposed: pd.DataFrame, vetoed: Sequence[tuple[str, ...]]
) -> list[tuple[list[Award], pd.DataFrame]]:
    """`Outcome.contests`; `proposed` as `propose` gives it."""
    together: dict[tuple[Sequence[str], Sequence[str]], list[Award]] = {}
    for award in rulebook.awards:
        if award.concerns or award.basis not in ((TOTAL,), (rulebook.key_section,)):
            together.setdefault((award.basis, award.concerns), []).append(award)
    found = []
    for (basis, _), awards in together.items():
        by = added.standing if basis == (TOTAL,) else basis_points(added, basis)
        barring = {v.name for v in rulebook.vetoes if {a.name for a in awards} & set(v.bars)}
        ranks = [places(np.where(pool, by, np.nan)) for pool in pools(rulebook, awards[0])]
        table = pd.DataFrame(
            {
                "unit": rulebook.units,
                "group": [unit.group for unit in rulebook.roster],
                "place": pd.Series(np.fmax.reduce(ranks)).astype("Int64"),
                "points": basis_points(added, basis),
                "award": joined(proposed, [a for a in rulebook.awards if a.basis == basis]),
                "veto": ["；".join(n for n in names if n in barring) for names in vetoed],
                "order": groups_of(rulebook) * (not awards[0].concerns),
            }
        )
        table = table.dropna(subset=["place"]).sort_values(["order", "place"], kind="stable")
        found.append((awards, table.drop(columns="order").reset_index(drop=True)))
    return found


def joined(proposed: pd.DataFrame, awards: Sequence[Award]) -> list[str]:
    """The awards of each unit in one text; of several kinds a tie names its award."""
    alone = len({(award.basis, award.concerns) for award in awards}) < 2
    table = proposed[[award.name for award in awards]]
    if not alone:
        table = table.apply(lambda words: words.replace(TIE, f"{words.name}{TIE}"))
    rows = table.to_numpy(dtype=object).tolist()
    return ["、".join(dict.fromkeys(filter(None, words))) for words in rows]


def _named(units: Sequence[str]) -> str:
    """Some units in a few words: where thousands are equal, each is told of all the others."""
    more = f"等{len(units)}家" if len(units) > _MOST_NAMES else ""
    return "、".join(units[:_MOST_NAMES]) + more


def ties(rulebook: Rulebook, added: Tally) -> list[str]:
    """Why each unit stands before or behind others with the same total; '' where none is."""
    said: list[list[str]] = [[] for _ in rulebook.units]
    table = pd.DataFrame(
        {"group": groups_of(rulebook), "total": added.points[TOTAL], "standing": added.standing}
    ).dropna()
    for _, equal in table.groupby(["group", "total"]) if rulebook.tie else ():
        levels = [rows.index.tolist() for _, rows in equal.groupby("standing")][::-1]
        for ahead, behind in pairwise(levels):
            names = [_named([rulebook.units[code] for code in codes]) for codes in (ahead, behind)]
            values = [[added.points[one][codes[0]] for one in rulebook.tie]
                      for codes in (ahead, behind)]  # fmt: skip
            total = float(equal["total"].iloc[0])
            text = describe_broken_tie(rulebook, names, total, values)
            for code in (*ahead, *behind):
                said[code].append(text)
    return ["；".join(texts) for texts in said]
