"""`ranking.xlsx`: the outcome as a workbook that one hands round."""

from pathlib import Path

from pipeline.outcome import Outcome
from pipeline.ranking import graphs, ledger, lists, notice, scores, trace, unit_sheets
from pipeline.ranking.book import Book, Span
from pipeline.ranking.cover import Cover


def write_ranking(outcome: Outcome, path: Path) -> list[Path]:
    """Write the ranking workbook, and a very long ledger beside it; return the files written.

    Args:
        path: the file.

    Raises:
        OSError: the file cannot be written.
    """
    parts = ledger.write_parts(outcome, path.parent / ledger.FOLDER)
    title = outcome.rulebook.title
    book = Book(path, title=title, line=headline(outcome), when=outcome.when)
    cover = Cover(book, outcome)
    ranking, contents = _scores(book, outcome)
    notice.add_notice(book, outcome)
    contents.append((notice.NOTICE, "给会议的代拟稿，一页 A4；notice.docx 是同样的文字"))
    spans = ledger.add_ledger(book, outcome)
    contents.append((ledger.LEDGER, "每一项申报：计分或不计、得分、原因、在原表的位置"))
    contents += [(name, what) for name, add, what in _LISTS if add(book, outcome)]
    table = trace.trace(outcome)
    trace.add_trace(book, outcome, table)
    contents.append((trace.TRACE, "每个单位每条得分怎样得来"))
    lists.add_run(book, outcome, parts)
    contents.append((lists.RUN, "用什么程序、规则和数据得出"))
    # Links to a ledger that stands beside would leave the workbook.
    few = not ledger.stands_beside(outcome)
    names = unit_sheets.sheet_names(outcome, book.names) if few else {}
    unit_sheets.add_unit_sheets(book, outcome, table, spans, names)
    contents += [(name, f"{unit}的逐条得分和全部申报") for unit, name in names.items()]
    cover.write(contents, ranking)
    book.close()
    return [path, *(part for part, _ in parts)]


_LISTS = (
    (lists.FINDINGS, lists.add_findings, "哪里有问题、怎样改"),
    (lists.FILES, lists.add_files, "收到的每个文件怎样处理，哪些单位没有报送"),
    (lists.OTHERS, lists.add_others, "报送文件夹里不是报送材料的文件"),
    (lists.READINGS, lists.add_readings, "有不同理解的规定怎样掌握，换一种理解有什么影响"),
    (lists.RULINGS, lists.add_rulings, "评审组的核定：谁、为什么"),
    (lists.DISPUTED, lists.add_disputed, "评审人说法不同、没有采用的核定，请商定"),
    (lists.CHANGES, lists.add_changes, "与上次结果相比有什么变化、原因"),
)
"""Name, what adds it (nothing where there is nothing to list), and what is on it."""


def _scores(book: Book, outcome: Outcome) -> tuple[Span, list[tuple[str, str]]]:
    ranking = scores.add_ranking(book, outcome)
    contents = [(scores.RANKING, "名次、总分、各部分得分、奖项建议、三个阶段的得分")]
    key_work = scores.add_key_work(book, outcome, ranking)
    contents.append((scores.KEY_WORK, "按重点工作得分排名"))
    if len(outcome.points):
        graphs.add_charts(book, outcome, ranking, key_work)
        contents.append((graphs.CHARTS, "各部分得分和重点工作得分的图"))
    scores.add_details(book, outcome)
    contents.append((scores.DETAILS, "每个单位每一条的得分"))
    return ranking, contents


def headline(outcome: Outcome) -> str:
    """Stage, date and readings in one line, for every sheet."""
    taken = [r.name for r in outcome.rulebook.readings if r.id in outcome.alternative]
    named = "、".join(taken[:4]) + ("等" if len(taken) > 4 else "")  # a footer holds 255 signs
    senses = f"{len(taken)} 项按另一种理解（{named}）" if taken else "全部按默认理解"
    return f"阶段：{outcome.stage}　日期：{outcome.when:%Y-%m-%d}　口径：{senses}"
