"""An output folder to mail from, and a mail taken apart again."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from pipeline.history import record_of, save
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import Rulebook
from tests.kit.feedback_case import fill_return, finding, outcome_with, write_feedback
from tests.kit.outcomes import make_outcome

TO = "chair@example.com"


def make_output(folder: Path, rulebook: Rulebook, template: Path) -> Path:
    """An output folder with ranking, summary and the copies of two units."""
    folder.mkdir()
    outcome = make_outcome(rulebook)
    write_ranking(outcome, folder / "ranking.xlsx")
    save(record_of(outcome), folder)
    (folder / "summary.html").write_text("<!doctype html><p>摘要</p>", "utf-8")
    units = rulebook.units[:2]
    for unit in units:
        fill_return(template, folder.parent / "in" / f"{unit}.xlsx", unit)
    files = {f"{unit}.xlsx": unit for unit in units}
    faults = [finding("C2", "日期看不明白", file=name) for name in files]
    write_feedback(outcome_with(rulebook, files, faults), folder.parent / "in", folder / "feedback")
    return folder


def parse(data: bytes) -> EmailMessage:
    """A mail as a mail program reads it; nothing about it may be odd."""
    message = message_from_bytes(data, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def attachments(message: EmailMessage) -> dict[str, bytes]:
    """File name → content."""
    return {
        str(part.get_filename()): part.get_payload(decode=True)
        for part in message.iter_attachments()
    }
