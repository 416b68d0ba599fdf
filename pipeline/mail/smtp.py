"""Sending mails over TLS, with an error that a clerk can act on for all that may go wrong."""

import hashlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

from pipeline.mail.drafts import Draft, MailError, check_addresses
from pipeline.text import clean

SECURITY = {"ssl": 465, "starttls": 587}
"""Ways to encrypt, with the usual port of each. There is no way to send in the clear."""
_SECONDS = 30
_TOO_BIG = 552


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
        """From SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USER, SMTP_PASSWORD and SMTP_FROM.

        Raises:
            MailError: something is missing or wrong.
        """
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


_NAMES = ("HOST", "PORT", "SECURITY", "USER", "FROM")


def send(
    drafts: Sequence[Draft], settings: Settings, *, context: ssl.SSLContext | None = None
) -> list[str]:
    """Send drafts over one encrypted connection.

    Args:
        context: whom to trust, by default the authorities that the system trusts.

    Returns:
        For each draft '' where it was taken by the server for everybody, else what went wrong;
        a draft that is refused does not hold up the others.

    Raises:
        MailError: no connection, no encryption or no log-in; nothing was sent.
    """
    with _plainly(settings), _connect(settings, context or ssl.create_default_context()) as server:
        if settings.user:
            server.login(settings.user, settings.password)
        limit = int(server.esmtp_features.get("size") or 0) if server.does_esmtp else 0
        return [_send_one(server, draft, settings, limit) for draft in drafts]


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


@contextmanager
def _plainly(settings: Settings) -> Iterator[None]:
    """Every way in which a connection fails, as one line."""
    place = f"邮件服务器 {settings.host}:{settings.port}"
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            f"{place} 拒绝登录（{_reply(error)}）：请核对 SMTP_USER 和 SMTP_PASSWORD，"
            "许多邮箱要用“授权码”代替密码"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(
            f"{place} 不支持所要的加密或登录方式，没有发送；请核对 SMTP_PORT 和 SMTP_SECURITY"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise MailError(f"{place} 拒绝连接（{_reply(error)}）") from error
    except ssl.SSLCertVerificationError as error:
        raise MailError(
            f"{place} 的证书不可信（{error.verify_message}），为安全起见没有发送"
        ) from error
    except (ssl.SSLError, smtplib.SMTPServerDisconnected) as error:
        raise MailError(
            f"{place} 没有按加密方式应答，没有发送；请核对 SMTP_PORT 和 SMTP_SECURITY"
        ) from error
    except (socket.gaierror, UnicodeError) as error:
        raise MailError(f"找不到{place}：请核对 SMTP_HOST，并检查网络") from error
    except OSError as error:
        raise MailError(f"连不上{place}：请核对 SMTP_HOST 和 SMTP_PORT，并检查网络") from error


def _send_one(server: smtplib.SMTP, draft: Draft, settings: Settings, limit: int) -> str:
    recipients = draft.recipients
    if not recipients:
        return "没有收件地址"
    data = outgoing(draft, settings)
    if limit and len(data) > limit:
        return f"邮件太大（{_size(len(data))}），服务器最多收 {_size(limit)}"
    try:
        refused = server.sendmail(settings.sender, recipients, data)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPSenderRefused as error:
        if error.smtp_code == _TOO_BIG:
            return f"邮件太大（{_size(len(data))}），服务器不收"
        return f"服务器不接受发件地址 {settings.sender}（{_reply(error)}）"
    except smtplib.SMTPDataError as error:
        if error.smtp_code == _TOO_BIG:
            return f"邮件太大（{_size(len(data))}），服务器不收"
        return f"服务器拒收（{_reply(error)}）"
    except (smtplib.SMTPServerDisconnected, OSError):
        return "发送时与服务器的连接断了，不能确定是否已发出"
    return "；".join(
        f"服务器不接受收件地址 {address}（{code} {_text(reply)}）"
        for address, (code, reply) in refused.items()
    )


def outgoing(draft: Draft, settings: Settings) -> bytes:
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
