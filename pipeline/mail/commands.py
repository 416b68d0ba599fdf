"""The commands `email` and `email-feedback`: write drafts, show what would go, send when asked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipeline.mail.drafts import (
    ARCHIVE,
    Draft,
    MailError,
    archive,
    draft_feedback,
    draft_ranking,
    save,
)
from pipeline.mail.smtp import Settings, send
from pipeline.publish import write_whole
from pipeline.rulebook import Rulebook

Say = Callable[[str], None]


def email_command(
    output: Path,
    rulebook: Rulebook,
    to: Sequence[str],
    *,
    sending: bool,
    dry_run: bool,
    environ: Mapping[str, str],
    when: datetime,
    say: Say = print,
) -> int:
    """Draft the mail with the ranking as `output/ranking.eml`, and send it where asked.

    Args:
        output: the folder that `score` wrote.
        rulebook: says who sends it.
        to: addresses.
        sending: whether to send.
        dry_run: only show what would be written and sent.
        environ: holds the SMTP settings, needed for sending only.
        when: the date of the mail.
        say: takes each line for the user.

    Returns:
        0, or 2 where something could not be sent.

    Raises:
        MailError: one line that says why nothing could be done.
    """
    drafts = [draft_ranking(output, rulebook, to, when)]
    return _deliver(drafts, sending=sending, dry_run=dry_run, environ=environ, say=say)


def email_feedback_command(
    output: Path,
    rulebook: Rulebook,
    *,
    sending: bool,
    dry_run: bool,
    environ: Mapping[str, str],
    when: datetime,
    say: Say = print,
) -> int:
    """Draft a mail for each unit with something to mend, and send them where asked.

    All that goes back is packed into `output/退回材料.zip` too. Arguments, result and errors as
    `email_command`; a unit without an address in the roster gets a draft without recipient and is
    named.
    """
    drafts = draft_feedback(output, rulebook, when)
    if not drafts:
        say("没有需要退回修改的单位。")
    code = _deliver(drafts, sending=sending, dry_run=dry_run, environ=environ, say=say)
    if drafts and not dry_run:
        write_whole(output / ARCHIVE, archive(output, [draft.unit for draft in drafts]))
        say(f"已把全部退回材料打成一个包：{output / ARCHIVE}")
    missing = [draft.unit for draft in drafts if not draft.recipients]
    if missing:
        say(f"名册里没有邮箱地址、须另行通知的单位：{'、'.join(missing)}")
    return code


def _deliver(
    drafts: Sequence[Draft],
    *,
    sending: bool,
    dry_run: bool,
    environ: Mapping[str, str],
    say: Say,
) -> int:
    addressed = [draft for draft in drafts if draft.recipients]
    if sending and drafts and not addressed:
        raise MailError("没有收件地址，没有发送")
    settings = Settings.of(environ) if sending and addressed else None
    for draft in drafts:
        if not dry_run:
            save(draft)
        _show(draft, dry_run, say)
    if settings is None:
        return 0
    route = f"{settings.host}:{settings.port}（{settings.security}），发件人 {settings.sender}"
    if dry_run:
        say(f"以上 {len(addressed)} 封将由 {route} 发出。这是演练，没有写文件，也没有发送。")
        return 0
    results = send(addressed, settings)
    for draft, error in zip(addressed, results, strict=True):
        whom = "、".join(draft.recipients)
        say(f"没有发出：{whom}：{error}" if error else f"已发送：{whom}")
    return 2 if any(results) else 0


def _show(draft: Draft, dry_run: bool, say: Say) -> None:
    whom = "、".join(draft.recipients) or "（未填）"
    say(f"{'将写草稿' if dry_run else '已写草稿'}：{draft.path}")
    say(f"  收件人：{whom}")
    say(f"  主题：{draft.message['Subject']}")
    for part in draft.message.iter_attachments():
        size = len(part.get_payload(decode=True)) / 1024
        say(f"  附件：{part.get_filename()}（{size:.0f} KB）")
