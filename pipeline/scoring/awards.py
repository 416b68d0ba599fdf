"""Which awards the places give (二（二）); how many there are is the chairmen's to say."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.outcome import PLACES, TIE
from pipeline.rulebook import TOTAL, Rulebook
from pipeline.scoring.score import Floats, places


def propose(
    units: pd.DataFrame, rulebook: Rulebook, points: Floats, awards: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """Proposals by total and by key section, in the order of `units`.

    Args:
        units: one row per roster unit, with `total`.
        rulebook: the awards and what they go by.
        points: (units × clauses), NaN where a unit is not ranked.
        awards: award → places; an award without is not proposed.
    """
    by_total, by_section = ([""] * len(units) for _ in range(2))
    given: dict[str, int] = {}
    for award in rulebook.awards:
        if award.name not in awards:
            continue
        if award.basis == TOTAL:
            amounts = units["total"].to_numpy(float)
            proposals = by_total
        else:
            of = [i for i, c in enumerate(rulebook.clauses) if c.section_key == award.basis]
            sums = np.round(points[:, of].sum(axis=1), PLACES)
            amounts = np.where(sums > 0, sums, np.nan)
            proposals = by_section
        # Awards of one basis follow each other.
        before = given.get(award.basis, 0)
        given[award.basis] = before + awards[award.name]
        for code, word in enumerate(_words(award.name, amounts, before, given[award.basis])):
            proposals[code] = proposals[code] or word
    return by_total, by_section


def _words(award: str, amounts: Floats, before: int, number: int) -> list[str]:
    """The award where a place and all who share it fit between two numbers; TIE where some do."""
    ranks = places(amounts)
    words = []
    for rank in ranks:
        sharing = int((ranks == rank).sum())
        last = rank + sharing - 1
        if np.isnan(rank) or rank > number or last <= before:
            words.append("")
        else:
            words.append(award if before < rank and last <= number else TIE)
    return words
