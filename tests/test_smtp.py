"""Sending over TLS to a real SMTP server on loopback, and everything that it may refuse."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from pipeline.mail.drafts import MailError, draft_ranking
from pipeline.mail.smtp import Settings, deliver, send
from pipeline.rulebook import Rulebook
from tests.kit.feedback_case import WHEN
from tests.kit.mail_case import TO, attachments, make_output, parse

# The test server thinks only of STARTTLS: behind implicit TLS it takes a log-in for unencrypted.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
PASSWORD = "secret 1"


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory, rulebook: Rulebook, root: Path) -> Path:
    template = root / "templates" / "intake_template.xlsx"
    return make_output(tmp_path_factory.mktemp("mail") / "output", rulebook, template)


class Post:
    """Takes mails, refuses some recipients, and keeps what it was given."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_MAIL(  # noqa: N802
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("spammer"):
            return "553 not you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 no such user\tis here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: object, session: Session, envelope: Envelope
    ) -> str:
        reply = {"full@x.y": "552 too big", "spam@x.y": "554 no\x1bthanks"}.get(
            envelope.rcpt_tos[0]
        )
        if reply is None:
            self.envelopes.append(envelope)
        return reply or "250 OK"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def log_in(
    server: object, session: object, envelope: object, kind: str, data: object
) -> AuthResult:
    right = data.login == b"office" and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


@pytest.fixture(params=["starttls", "ssl"])
def server(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[SimpleNamespace]:
    """A server that encrypts and wants a log-in; `settings` are the right ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    post = Post()
    way: dict[str, object] = (
        {"tls_context": context, "require_starttls": True}
        if request.param == "starttls"
        # The whole connection is encrypted, which this server does not count as TLS by itself.
        else {"ssl_context": context, "auth_require_tls": False}
    )
    controller = Controller(
        post, hostname="127.0.0.1", port=free_port(), authenticator=log_in, auth_required=True,
        data_size_limit=400_000, **way,
    )  # fmt: skip
    controller.start()
    settings = Settings(
        "127.0.0.1", controller.port, request.param, "office", PASSWORD, "office@example.com"
    )
    yield SimpleNamespace(post=post, settings=settings)
    controller.stop()


def test_it_is_sent_over_tls_as_it_was_drafted(
    rulebook: Rulebook, server: SimpleNamespace, trust: ssl.SSLContext, output: Path
) -> None:
    draft = draft_ranking(output, rulebook, [TO, "b@example.com"], WHEN)
    assert send([draft], server.settings, context=trust) == [""]
    (envelope,) = server.post.envelopes
    assert envelope.mail_from == "office@example.com"
    assert envelope.rcpt_tos == [TO, "b@example.com"]
    got = parse(envelope.content)
    assert attachments(got) == attachments(draft.message)
    assert got["From"] == "office@example.com"
    assert got["X-Unsent"] is None
    assert got["Message-ID"].endswith("@example.com>")
    assert got["Subject"] == draft.message["Subject"]
    assert draft.message["From"] is None, "the draft itself is left as it was"


def test_a_refused_log_in_is_named(
    rulebook: Rulebook, server: SimpleNamespace, trust: ssl.SSLContext, output: Path
) -> None:
    wrong = replace(server.settings, password="wrong")
    with pytest.raises(MailError, match=r"拒绝登录.*授权码"):
        send([draft_ranking(output, rulebook, [TO], WHEN)], wrong, context=trust)
    assert server.post.envelopes == []


def test_a_certificate_that_nobody_vouches_for_stops_it(
    rulebook: Rulebook, server: SimpleNamespace, output: Path
) -> None:
    with pytest.raises(MailError, match=r"证书不可信.*没有发送"):
        send([draft_ranking(output, rulebook, [TO], WHEN)], server.settings)
    assert server.post.envelopes == []


def test_a_mail_over_the_servers_limit_is_not_even_tried(
    rulebook: Rulebook, server: SimpleNamespace, trust: ssl.SSLContext, output: Path, tmp_path: Path
) -> None:
    for name in ("ranking.xlsx", "summary.html", "last-run.json"):
        (tmp_path / name).write_bytes((output / name).read_bytes())
    (tmp_path / "summary.html").write_bytes(b"x" * 500_000)
    (error,) = send([draft_ranking(tmp_path, rulebook, [TO], WHEN)], server.settings, context=trust)
    assert error == "邮件太大（0.7 MB），服务器最多收 0.4 MB"
    assert server.post.envelopes == []


def test_one_refused_recipient_does_not_hold_up_the_others(
    rulebook: Rulebook, server: SimpleNamespace, trust: ssl.SSLContext, output: Path
) -> None:
    drafts = [
        draft_ranking(output, rulebook, to, WHEN)
        for to in (["nobody@example.com"], [TO], [TO, "nobody@x.y"])
    ]
    first, second, third = send(drafts, server.settings, context=trust)
    assert first == "服务器不接受收件地址 nobody@example.com（550 5.1.1 no such user is here）"
    assert second == ""
    assert "nobody@x.y" in third
    assert [envelope.rcpt_tos for envelope in server.post.envelopes] == [[TO], [TO]]


def test_a_mail_refused_after_it_was_read_is_told_in_words(
    rulebook: Rulebook, server: SimpleNamespace, trust: ssl.SSLContext, output: Path
) -> None:
    drafts = [draft_ranking(output, rulebook, [to], WHEN) for to in ("full@x.y", "spam@x.y", TO)]
    assert send(drafts, server.settings, context=trust) == [
        "邮件太大（0.1 MB），服务器不收", "服务器拒收（554 nothanks）", "",
    ]  # fmt: skip
    strange = replace(server.settings, sender="spammer@x.y")
    (error,) = send(drafts[2:], strange, context=trust)
    assert error == "服务器不接受发件地址 spammer@x.y（553 not you）"


def settings_for(port: int, security: str, host: str = "127.0.0.1") -> Settings:
    return Settings(host, port, security, "", "", "office@example.com")


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_a_host_that_does_not_answer_is_named(
    rulebook: Rulebook, security: str, output: Path
) -> None:
    port = free_port()
    with pytest.raises(MailError, match=f"连不上邮件服务器 127.0.0.1:{port}"):
        send([draft_ranking(output, rulebook, [TO], WHEN)], settings_for(port, security))
    with pytest.raises(MailError, match=r"找不到邮件服务器 no-such-host.invalid:25"):
        send(
            [draft_ranking(output, rulebook, [TO], WHEN)],
            settings_for(25, security, "no-such-host.invalid"),
        )


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_a_server_without_encryption_gets_nothing(
    rulebook: Rulebook, security: str, output: Path
) -> None:
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with pytest.raises(MailError, match="没有发送；请核对 SMTP_PORT 和 SMTP_SECURITY"):
            send(
                [draft_ranking(output, rulebook, [TO], WHEN)],
                settings_for(controller.port, security),
            )
    finally:
        controller.stop()
    assert post.envelopes == []


GOOD = {"SMTP_HOST": "mail.example.com", "SMTP_USER": "office@example.com", "SMTP_PASSWORD": " p "}


def test_settings_have_the_usual_values_where_none_are_given() -> None:
    settings = Settings.of(GOOD)
    assert (settings.port, settings.security) == (587, "starttls")
    assert (settings.sender, settings.password) == ("office@example.com", " p ")
    assert Settings.of(GOOD | {"SMTP_PORT": "465"}).security == "ssl"
    assert Settings.of(GOOD | {"SMTP_SECURITY": "SSL"}).port == 465
    assert "p " not in repr(settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"SMTP_HOST": ""}, "SMTP_HOST"), ({"SMTP_PORT": "abc"}, "SMTP_PORT"),
     ({"SMTP_PORT": "70000"}, "SMTP_PORT"), ({"SMTP_SECURITY": "none"}, "不加密的不能发送"),
     ({"SMTP_USER": ""}, "SMTP_FROM"), ({"SMTP_FROM": "a@b\nBcc: c@d"}, "不正确"),
     ({"SMTP_FROM": "a@b.c d@e.f"}, "SMTP_FROM")],
)  # fmt: skip
def test_bad_settings_are_one_line(change: dict[str, str], words: str) -> None:
    with pytest.raises(MailError, match=words) as caught:
        Settings.of(GOOD | change)
    assert "\n" not in str(caught.value)


# The commands.


def environ_of(settings: Settings) -> dict[str, str]:
    return {
        "SMTP_HOST": settings.host, "SMTP_PORT": str(settings.port), "SMTP_USER": settings.user,
        "SMTP_PASSWORD": settings.password, "SMTP_FROM": settings.sender,
        "SMTP_SECURITY": settings.security,
    }  # fmt: skip


def test_nothing_is_sent_unless_asked_and_a_dry_run_writes_nothing(
    rulebook: Rulebook, server: SimpleNamespace, output: Path
) -> None:
    (output / "ranking.eml").unlink(missing_ok=True)
    lines: list[str] = []
    drafts = [draft_ranking(output, rulebook, [TO], WHEN)]
    asked = {"environ": environ_of(server.settings), "say": lines.append}
    assert deliver(drafts, output, sending=True, dry_run=True, **asked) == 0
    assert not (output / "ranking.eml").exists()
    assert "没有写文件，也没有发送" in lines[-1]
    assert any("考核排名（核定）.xlsx" in line for line in lines)
    assert deliver(drafts, output, sending=False, dry_run=False, **asked) == 0
    assert (output / "ranking.eml").exists()
    assert server.post.envelopes == []
    assert PASSWORD not in "".join(lines)


def test_the_command_sends_when_asked(
    rulebook: Rulebook,
    server: SimpleNamespace,
    output: Path,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pem = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    lines: list[str] = []
    asked = {"environ": environ_of(server.settings), "say": lines.append}
    drafts, gone = (
        [draft_ranking(output, rulebook, [to], WHEN)] for to in (TO, "nobody@example.com")
    )
    assert deliver(drafts, output, sending=True, dry_run=False, **asked) == 0
    assert lines[-1] == f"已发送：{TO}"
    assert len(server.post.envelopes) == 1
    assert deliver(gone, output, sending=True, dry_run=False, **asked) == 2
    assert lines[-1].startswith("没有发出：nobody@example.com：")
