"""Places → grades and awards, and what bars a unit from them (二（二）).

How many awards there are is the chairmen's to say, where the measure does not.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.outcome import PLACES, TIE
from pipeline.rulebook import TOTAL, Rulebook
from pipeline.scoring.score import Bools, Floats, Scored, Tally, groups_of, places


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


def grades(rulebook: Rulebook, totals: Floats, vetoed: Sequence[tuple[str, ...]]) -> list[str]:
    """The grade of each unit, the first that fits; '' where none does or it is not ranked."""
    given = np.full(len(totals), "", dtype=object)
    groups = groups_of(rulebook)
    ranked = ~np.isnan(totals)
    open_ = ranked.copy()
    for grade in rulebook.grades:
        barred = barred_from(rulebook, grade.name, vetoed)
        fits = open_ & ~barred
        if grade.least is not None:
            fits &= totals >= float(grade.least)
        elif grade.share is not None:
            ranks = places(np.where(barred, np.nan, totals), groups)
            for group in np.unique(groups):
                number = int(grade.share * int((ranked & (groups == group)).sum()))
                fits &= (groups != group) | (ranks <= number)
        given[fits] = grade.name
        open_ = open_ & ~fits
    return given.tolist()


def basis_points(added: Tally, basis: Sequence[str]) -> Floats:
    """(units,) the points that an award goes by; who has none of a single thing is left out."""
    amounts = np.round(np.sum([added.points[name] for name in basis], axis=0), PLACES)
    return amounts if basis == (TOTAL,) else np.where(amounts > 0, amounts, np.nan)


def propose(
    rulebook: Rulebook, added: Tally, seats: Mapping[str, int], vetoed: Sequence[tuple[str, ...]]
) -> pd.DataFrame:
    """What is proposed to each unit, in roster order: one column an award, its name, TIE or ''.

    Awards of one basis follow each other. An award without `seats` is not proposed.
    """
    table = pd.DataFrame(index=range(len(rulebook.units)))
    groups = groups_of(rulebook)
    left: dict[Sequence[str], Floats] = {}
    shared: dict[tuple[Sequence[str], float], int] = {}
    for award in rulebook.awards:
        number = seats.get(award.name)
        words = np.full(len(table), "", dtype=object)
        table[award.name] = words
        if number is None:
            continue
        amounts = left.setdefault(award.basis, basis_points(added, award.basis))
        open_ = np.where(barred_from(rulebook, award.name, vetoed), np.nan, amounts)
        ranks = places(open_, groups)
        for group in np.unique(groups).tolist():
            # Who shares a place that does not fit takes it from this award and the next ones.
            before = shared.get((award.basis, group), 0)
            free, over = number - before, max(before - number, 0)
            for code in np.flatnonzero((groups == group) & (ranks <= free)).tolist():
                last = int(ranks[code]) + int((ranks[groups == group] == ranks[code]).sum()) - 1
                words[code] = award.name if last <= free else TIE
                over = max(over, last - free)
            shared[award.basis, group] = over
        amounts[words != ""] = np.nan
        table[award.name] = words
    return table
