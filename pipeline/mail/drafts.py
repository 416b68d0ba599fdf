"""Drafts of the mails that the office sends: the ranking, and the copies that go back to units.

A draft is an .eml file that a mail program opens ready to send (`X-Unsent`).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from io import BytesIO
from itertools import chain
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from pipeline.errors import UserError, reason
from pipeline.feedback.write import RETURNED, file_name, files_of
from pipeline.history import load
from pipeline.publish import FEEDBACK, RANKING, SUMMARY
from pipeline.rulebook import Rulebook
from pipeline.text import clean, from_template
from pipeline.wording import chinese_date, describe_contact, number

DRAFT, ARCHIVE = "ranking.eml", "退回材料.zip"
_TYPES = {
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".html": ("text", "html"),
}
_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
_ADDRESS = re.compile(rf"{_LOCAL}@{_DOMAIN}", re.ASCII)


class MailError(UserError):
    """Why a mail cannot be written or sent: one line in Chinese."""


@dataclass(frozen=True)
class Draft:
    """A mail that can be looked at, saved and sent; its sender is put in by who sends it.

    `unit` is whose copies it takes back, '' for the ranking.
    """

    path: Path
    unit: str
    message: EmailMessage

    @property
    def recipients(self) -> list[str]:
        """The bare addresses it goes to."""
        header = self.message["To"]
        return [address.addr_spec for address in header.addresses] if header else []


def check_addresses(texts: Iterable[str]) -> list[str]:
    """Bare e-mail addresses, several in one text taken apart; nothing else ever reaches a header.

    Raises:
        MailError: what is no address.
    """
    found: list[str] = []
    for text in texts:
        for part in filter(None, re.split(r"[,;，；、\s]+", text)):
            if len(part) > 254 or not _ADDRESS.fullmatch(part):
                raise MailError(f"邮箱地址“{clean(part)[:80]}”不正确，应像 name@example.com")
            found.append(part)
    return list(dict.fromkeys(found))


def draft_ranking(output: Path, rulebook: Rulebook, to: Sequence[str], when: datetime) -> Draft:
    """The mail with the ranking workbook and the summary of an output folder, even to nobody yet.

    Raises:
        MailError: a bad address, or the outputs are not there.
    """
    addresses = check_addresses(to)
    workbook, page = (_read(output / name) for name in (RANKING, SUMMARY))
    record = load(output)
    if record is None or not record.title:
        raise MailError(f"“{output}”里没有可用的计分记录，请重新运行计分")
    stage = f"（{record.stage}）" if record.stage else ""
    files = [(f"考核排名{stage}.xlsx", workbook), (f"考核结果摘要{stage}.html", page)]
    ranked = [pair for pair in record.units.items() if None not in (pair[1].place, pair[1].total)]
    unranked = [pair for pair in record.units.items() if pair not in ranked]
    signed = [rulebook.office, describe_contact(rulebook), chinese_date(when)]
    said = {"record": record, "stage": stage, "ranked": ranked, "unranked": unranked,
            "files": [name for name, _ in files], "signed": signed, "number": number}  # fmt: skip
    text = from_template("mail/ranking.txt.j2", said).rstrip("\n")
    subject = f"{record.title}：排名{stage}"
    message = _message(subject, [Address(addr_spec=a) for a in addresses], text, files, when)
    return Draft(output / DRAFT, "", message)


def draft_feedback(output: Path, rulebook: Rulebook, when: datetime) -> list[Draft]:
    """One mail for each unit with something to mend, to nobody where the roster has no address.

    Raises:
        MailError: a bad address in the roster, or a file that cannot be read.
    """
    folder = output / FEEDBACK
    if not folder.is_dir():
        raise MailError(f"没有找到“{folder}”，请先运行计分（不要加 --no-feedback）")
    drafts = []
    for row in rulebook.roster:
        notices, copies = files_of(folder, row.unit)
        if not notices:
            continue
        to = [Address(row.unit, addr_spec=a) for a in check_addresses([row.email])]
        texts = (_read(path).decode("utf-8-sig") for path in notices)
        text = "\n\n".join(part.replace("\r\n", "\n") for part in texts)
        subject = f"退回修改：{row.unit}的{rulebook.title}材料"
        files = [(path.name, _read(path)) for path in copies]
        message = _message(subject, to, text, files, when)
        drafts.append(Draft(folder / file_name(row.unit, RETURNED, ".eml"), row.unit, message))
    return drafts


def _message(
    subject: str,
    to: Sequence[Address],
    text: str,
    files: Sequence[tuple[str, bytes]],
    when: datetime,
) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = " ".join(clean(subject).split())
    if to:
        message["To"] = to
    message["Date"] = when.astimezone()
    message["X-Unsent"] = "1"  # mail programs open it for sending, not for reading
    message.set_content(clean(text), cte="base64")
    for name, data in files:
        main, sub = _TYPES[Path(name).suffix]
        extra = {"charset": "utf-8"} if main == "text" else {}
        message.add_attachment(data, maintype=main, subtype=sub, filename=name, params=extra)
    if files:
        # The library would draw lots; so the same draft has the same bytes.
        parts = [subject.encode(), text.encode(), *(data for _, data in files)]
        digest = hashlib.sha256(b"\0".join(parts))
        message.set_boundary(f"=_{digest.hexdigest()[:40]}")
    return message


def archive(output: Path, units: Sequence[str]) -> bytes:
    """All notices and copies that go back as one zip, a folder for each unit; same every time."""
    held = BytesIO()
    with ZipFile(held, "w") as packed:
        for unit in units:
            for path in chain(*files_of(output / FEEDBACK, unit)):
                name = ZipInfo(f"{file_name(unit, '退回', '')}/{path.name}")
                name.external_attr = 0o644 << 16
                packed.writestr(name, _read(path))
    return held.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MailError(f"没有找到“{path}”，请先运行计分") from error
    except OSError as error:
        raise MailError(f"读不了“{path}”（{reason(error)}）") from error
