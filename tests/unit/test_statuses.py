"""Which return of a unit counts, and what every unit and file is called."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from pipeline.judging.office import Receipt
from pipeline.judging.statuses import Said, Settled, settle
from pipeline.reading.raw import Note, RawReturn
from tests.kit.made import Maker

U1, U2 = "舞阳县工商联", "临颍县工商联"
NORMAL, LATE, PENDING, REPLACED = "正常", "逾期", "待核", "已被替代"
MISSING, UNKNOWN, UNREADABLE = "未报送", "单位不明", "无法读取"
EARLY, LAST, DEADLINE, AFTER = "2015-12-20", "2015-12-29", "2015-12-30", "2015-12-31"


class Case:
    """Returns settled together."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker

    def __call__(
        self,
        *returns: RawReturn,
        receipts: Mapping[str, Sequence[date]] | None = None,
        inclusive: bool = False,
    ) -> Settled:
        table = self.maker.batch(*returns).returns
        book = self.maker.rulebook
        logged = {unit: [Receipt(day) for day in days] for unit, days in (receipts or {}).items()}
        return settle(table, book, logged, {}, inclusive=inclusive)

    def sent(self, path: str, date: object = EARLY, unit: object = U1, **more: object) -> RawReturn:
        return self.maker.sent(unit, path=path, date=date, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def case(maker: Maker) -> Case:
    return Case(maker)


def codes(settled: Settled) -> list[str]:
    """Why returns are 待核, by position."""
    return [said.code for at, said in sorted(settled.said.items()) if settled.file[at] == PENDING]


@pytest.mark.parametrize(
    ("day", "usual", "inclusive"),
    [("2014-1-1", NORMAL, NORMAL), (EARLY, NORMAL, NORMAL), (LAST, NORMAL, NORMAL),
     (DEADLINE, LATE, NORMAL), (AFTER, LATE, LATE), ("2015-12-28至2015-12-29", NORMAL, NORMAL),
     ("2015-12-29至2015-12-30", LATE, NORMAL), ("2015-12-29至2015-12-31", LATE, LATE),
     (None, PENDING, PENDING), ("12月20日", PENDING, PENDING)],
)  # fmt: skip
def test_one_return(case: Case, day: str | None, usual: str, inclusive: str) -> None:
    for way, expected in ((False, usual), (True, inclusive)):
        settled = case(case.sent("a.xlsx", day), inclusive=way)
        assert settled.unit[U1] == expected
        assert settled.file == [expected]
        assert settled.used == ({U1: 0} if expected == NORMAL else {})
        why = (
            ["return-date-unclear" if day else "return-date-missing"] if expected == PENDING else []
        )
        assert codes(settled) == why
        assert settled.unit[U2] == MISSING


def test_an_unknown_unit_and_an_unreadable_file_belong_to_nobody(case: Case) -> None:
    broken = RawReturn(f"{U1}.xlsx", "s", Note("file-damaged"))
    settled = case(case.sent("a.xlsx", unit="某县"), broken, case.sent("c.xlsx", unit=None))
    assert settled.file == [UNKNOWN, UNREADABLE, UNKNOWN]
    assert set(settled.unit.values()) == {MISSING}
    assert (settled.used, settled.said) == ({}, {})


def test_the_same_bytes_twice_count_as_one(case: Case) -> None:
    settled = case(
        case.sent("a.xlsx", sha256="s"),
        case.sent("b.xlsx", unit=U2),
        case.sent("c.xlsx", sha256="s"),
        case.sent("d.xlsx", sha256="s"),
    )
    assert settled.file == [NORMAL, NORMAL, REPLACED, REPLACED]
    assert settled.used == {U1: 0, U2: 1}
    assert settled.said == dict.fromkeys((2, 3), Said("file-same-bytes", {"detail": "a.xlsx"}))


def test_the_same_bytes_of_nobody_count_as_one_too(case: Case) -> None:
    two = [case.sent(name, unit="某县", sha256="s") for name in ("a.xlsx", "b.xlsx")]
    assert case(*two).file == [UNKNOWN, REPLACED]


def test_unreadable_files_are_never_copies(case: Case) -> None:
    two = [RawReturn(name, "s", Note("file-damaged")) for name in ("a.xlsx", "b.xlsx")]
    assert case(*two).file == [UNREADABLE, UNREADABLE]
    settled = case(two[0], case.sent("c.xlsx", sha256="s"))
    assert settled.file == [UNREADABLE, NORMAL]


def test_of_several_the_latest_in_time_is_used(case: Case) -> None:
    settled = case(
        case.sent("a.xlsx", "2015-12-1"),
        case.sent("b.xlsx", EARLY),
        case.sent("c.xlsx", DEADLINE),
        case.sent("d.xlsx", "2015-12-10"),
    )
    assert settled.file == [REPLACED, NORMAL, REPLACED, REPLACED]
    assert settled.unit[U1] == NORMAL
    assert settled.used == {U1: 1}
    late = Said("return-replaced-late", {"detail": "b.xlsx", "day": DEADLINE})
    replaced = Said("return-replaced", {"detail": "b.xlsx"})
    assert settled.said == {0: replaced, 2: late, 3: replaced}


def test_in_the_other_sense_the_deadline_itself_is_the_latest(case: Case) -> None:
    settled = case(case.sent("a.xlsx"), case.sent("b.xlsx", DEADLINE), inclusive=True)
    assert settled.file == [REPLACED, NORMAL]
    assert settled.used == {U1: 1}


def test_of_several_late_ones_all_are_late(case: Case) -> None:
    settled = case(case.sent("a.xlsx", DEADLINE), case.sent("b.xlsx", AFTER))
    assert (settled.file, settled.unit[U1]) == ([LATE, LATE], LATE)
    assert (settled.used, settled.said) == ({}, {})


def test_a_return_without_a_usable_date_beside_another_one(case: Case) -> None:
    for other in (EARLY, AFTER, None):
        settled = case(case.sent("a.xlsx", other), case.sent("b.xlsx", "x"))
        assert (settled.file, settled.unit[U1]) == ([PENDING, PENDING], PENDING)
        assert settled.used == {}
        assert codes(settled) == [
            "return-undated-beside" if other else "return-date-missing",
            "return-date-unclear",
        ]


OTHER_YEAR = {"year-other", "stamp-other"}


@pytest.mark.parametrize(
    ("cover", "status"),
    [({"year": 2015}, NORMAL), ({"year": "2015年度"}, NORMAL), ({"year": None}, NORMAL),
     ({"year": 2014}, PENDING), ({"year": "今年"}, PENDING), ({"stamp": "2015-abc"}, NORMAL),
     ({"stamp": "2014-abc"}, PENDING), ({"stamp": "2016-abc"}, PENDING),
     ({"stamp": "什么"}, NORMAL), ({"year": None, "stamp": "2014-abc"}, PENDING)],
)  # fmt: skip
def test_a_return_of_another_year(case: Case, cover: dict[str, object], status: str) -> None:
    # Another year goes before late and before a missing date.
    for day in (EARLY, AFTER, None):
        settled = case(case.sent("a.xlsx", day, **cover))
        if status == PENDING:
            assert (settled.file, settled.unit[U1]) == ([PENDING], PENDING)
            assert settled.used == {}
            assert set(codes(settled)) <= OTHER_YEAR
        else:
            expected = {EARLY: NORMAL, AFTER: LATE, None: PENDING}[day]
            assert (settled.file, settled.unit[U1]) == ([expected], expected)
            assert not set(codes(settled)) & OTHER_YEAR


def test_the_latest_of_several_is_of_another_year(case: Case) -> None:
    settled = case(case.sent("a.xlsx"), case.sent("b.xlsx", LAST, year=2014))
    assert (settled.file, settled.unit[U1], settled.used) == ([REPLACED, PENDING], PENDING, {})
    assert settled.said[0] == Said("return-replaced", {"detail": "b.xlsx"})
    assert codes(settled) == ["year-other"]


@pytest.mark.parametrize("years", [(2014, 2015), (2015, 2014)])
def test_among_late_ones_another_year_leaves_the_unit_pending(
    case: Case, years: tuple[int, int]
) -> None:
    two = [case.sent(f"{n}.xlsx", AFTER, year=year) for n, year in enumerate(years)]
    settled = case(*two)
    assert settled.file == [PENDING if year == 2014 else LATE for year in years]
    assert settled.unit[U1] == PENDING
    assert settled.used == {}


def test_a_receipt_on_the_deadline_is_in_time_in_the_other_sense(case: Case) -> None:
    receipts = {U1: [date(2015, 12, 30)]}
    assert case(case.sent("a.xlsx"), receipts=receipts, inclusive=True).file == [NORMAL]


def test_a_receipt_does_not_heal_another_year(case: Case) -> None:
    settled = case(case.sent("a.xlsx", year=2014), receipts={U1: [date(2015, 12, 1)]})
    assert (settled.file, codes(settled)) == ([PENDING], ["year-other"])


def test_receipts_on_both_sides_of_the_deadline_are_for_the_office_to_say(case: Case) -> None:
    """In the sense in which the deadline is in time they are on one side."""
    receipts = {U1: [date(2015, 12, 29), date(2015, 12, 30)]}
    settled = case(case.sent("a.xlsx"), receipts=receipts)
    assert (settled.file, settled.unit[U1], codes(settled)) == (
        [PENDING],
        PENDING,
        ["receipts-apart"],
    )
    settled = case(case.sent("a.xlsx"), receipts=receipts, inclusive=True)
    assert (settled.file, settled.day(0)) == ([NORMAL], date(2015, 12, 30))
