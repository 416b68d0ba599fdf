"""What becomes of drafts: they are written, shown, and sent when asked.

Mails go over TLS only, with a line that a clerk can act on for all that may go wrong.
"""

import hashlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.mail.drafts import ARCHIVE, Draft, MailError, archive, check_addresses
from pipeline.publish import write_whole
from pipeline.text import clean

SECURITY = {"ssl": 465, "starttls": 587}
"""Ways to encrypt, with the usual port of each. There is no way to send in the clear."""
_SECONDS = 30
_TOO_BIG = 552
_NAMES = ("HOST", "PORT", "SECURITY", "USER", "FROM")
_TROUBLES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        "{server} 拒绝登录（{reply}）：请核对 SMTP_USER 和 SMTP_PASSWORD，"
        "许多邮箱要用“授权码”代替密码",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "{server} 不支持所要的加密或登录方式，没有发送；请核对 SMTP_PORT 和 SMTP_SECURITY",
    ),
    (smtplib.SMTPResponseException, "{server} 拒绝连接（{reply}）"),
    (ssl.SSLCertVerificationError, "{server} 的证书不可信（{why}），为安全起见没有发送"),
    (
        (ssl.SSLError, smtplib.SMTPServerDisconnected),
        "{server} 没有按加密方式应答，没有发送；请核对 SMTP_PORT 和 SMTP_SECURITY",
    ),
    ((socket.gaierror, UnicodeError), "找不到{server}：请核对 SMTP_HOST，并检查网络"),
    (OSError, "连不上{server}：请核对 SMTP_HOST 和 SMTP_PORT，并检查网络"),
)
"""Kind of error, the narrowest first → what is said of a connection that fails so."""


@dataclass(frozen=True)
class Settings:
    """Where and as whom to send."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Settings":
        """From SMTP_HOST, SMTP_PORT …; raises MailError where something is missing or wrong."""
        value = {name: environ.get(f"SMTP_{name}", "").strip() for name in _NAMES}
        if not value["HOST"]:
            raise MailError(
                "没有设置邮件服务器，请先设置环境变量 SMTP_HOST（例如 smtp.example.com）"
            )
        security = value["SECURITY"].lower() or ("ssl" if value["PORT"] == "465" else "starttls")
        if security not in SECURITY:
            raise MailError(f"SMTP_SECURITY 应是 {' 或 '.join(SECURITY)}；不加密的不能发送")
        port = value["PORT"] or str(SECURITY[security])
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise MailError(f"SMTP_PORT“{clean(port)}”不是端口号，一般是 465 或 587")
        senders = check_addresses([value["FROM"] or value["USER"]])
        if len(senders) != 1:
            raise MailError("没有设置发件地址，请设置环境变量 SMTP_FROM（一个邮箱地址）")
        # A password may begin or end with a blank.
        password = environ.get("SMTP_PASSWORD", "")
        return cls(value["HOST"], int(port), security, value["USER"], password, senders[0])


def deliver(
    drafts: Sequence[Draft],
    output: Path,
    *,
    sending: bool,
    dry_run: bool,
    environ: Mapping[str, str],
    say: Callable[[str], None] = print,
) -> int:
    """Write drafts and say what they hold; send them where asked; with `dry_run` only say.

    What goes back to units is packed into `output/退回材料.zip` too.

    Returns:
        0, or 2 where something could not be sent.

    Raises:
        MailError: one line that says why nothing could be done.
    """
    addressed = [draft for draft in drafts if draft.recipients]
    if not drafts:
        say("没有需要退回修改的单位。")
    elif sending and not addressed:
        raise MailError("没有收件地址，没有发送")
    settings = Settings.of(environ) if sending and addressed else None
    for draft in drafts:
        if not dry_run:
            write_whole(draft.path, draft.message.as_bytes())
        say(f"{'将写草稿' if dry_run else '已写草稿'}：{draft.path}")
        say(f"  收件人：{'、'.join(draft.recipients) or '（未填）'}")
        say(f"  主题：{draft.message['Subject']}")
        for part in draft.message.iter_attachments():
            size = len(part.get_payload(decode=True)) / 1024
            say(f"  附件：{part.get_filename()}（{size:.0f} KB）")
    code = _dispatch(addressed, settings, dry_run, say) if settings else 0
    units = [draft.unit for draft in drafts if draft.unit]
    if units and not dry_run:
        write_whole(output / ARCHIVE, archive(output, units))
        say(f"已把全部退回材料打成一个包：{output / ARCHIVE}")
    if missing := [draft.unit for draft in drafts if draft.unit and not draft.recipients]:
        say(f"名册里没有邮箱地址、须另行通知的单位：{'、'.join(missing)}")
    return code


def _dispatch(
    drafts: Sequence[Draft], settings: Settings, dry_run: bool, say: Callable[[str], None]
) -> int:
    if dry_run:
        route = f"{settings.host}:{settings.port}（{settings.security}），发件人 {settings.sender}"
        say(f"以上 {len(drafts)} 封将由 {route} 发出。这是演练，没有写文件，也没有发送。")
        return 0
    results = send(drafts, settings)
    for draft, error in zip(drafts, results, strict=True):
        whom = "、".join(draft.recipients)
        say(f"没有发出：{whom}：{error}" if error else f"已发送：{whom}")
    return 2 if any(results) else 0


def send(
    drafts: Sequence[Draft], settings: Settings, *, context: ssl.SSLContext | None = None
) -> list[str]:
    """Send drafts over one encrypted connection; `context` says whom to trust.

    Returns:
        For each draft '' where it was taken by the server for everybody, else what went wrong;
        a draft that is refused does not hold up the others.

    Raises:
        MailError: no connection, no encryption or no log-in; nothing was sent.
    """
    try:
        with _connect(settings, context or ssl.create_default_context()) as server:
            if settings.user:
                server.login(settings.user, settings.password)
            limit = int(server.esmtp_features.get("size") or 0) if server.does_esmtp else 0
            return [_send_one(server, draft, settings, limit) for draft in drafts]
    except (OSError, UnicodeError) as error:
        said = next(said for kind, said in _TROUBLES if isinstance(error, kind))
        reply = _reply(error) if isinstance(error, smtplib.SMTPResponseException) else ""
        why = getattr(error, "verify_message", "")
        server_name = f"邮件服务器 {settings.host}:{settings.port}"
        raise MailError(said.format(server=server_name, reply=reply, why=why)) from error


def _connect(settings: Settings, context: ssl.SSLContext) -> smtplib.SMTP:
    if settings.security == "ssl":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_SECONDS)
    try:
        server.starttls(context=context)
        server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _send_one(server: smtplib.SMTP, draft: Draft, settings: Settings, limit: int) -> str:
    recipients = draft.recipients
    if not recipients:
        return "没有收件地址"
    data = _outgoing(draft, settings)
    size = f"邮件太大（{_size(len(data))}），服务器"
    if limit and len(data) > limit:
        return f"{size}最多收 {_size(limit)}"
    try:
        refused = server.sendmail(settings.sender, recipients, data)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        if error.smtp_code == _TOO_BIG:
            return f"{size}不收"
        if isinstance(error, smtplib.SMTPSenderRefused):
            return f"服务器不接受发件地址 {settings.sender}（{_reply(error)}）"
        return f"服务器拒收（{_reply(error)}）"
    except OSError:
        return "发送时与服务器的连接断了，不能确定是否已发出"
    return "；".join(
        f"服务器不接受收件地址 {address}（{code} {_text(reply)}）"
        for address, (code, reply) in refused.items()
    )


def _outgoing(draft: Draft, settings: Settings) -> bytes:
    """The bytes that go over the wire: the draft with a sender and an id."""
    message = deepcopy(draft.message)
    del message["X-Unsent"]
    message["From"] = settings.sender
    digest = hashlib.sha256(message.as_bytes()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{settings.sender.rpartition('@')[2]}>"
    return message.as_bytes()


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MB"


def _reply(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(reply: bytes | str) -> str:
    """What the server said, on one line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(clean(text).split())[:120]
