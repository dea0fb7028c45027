"""One contract for every way of handing mail over: memory, mailbox of files, SMTP; and what only SMTP can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from reservo.adapters.mail import Accepted, MailTransport, Rejected, Unknown, Unreachable
from reservo.adapters.mail.mailbox import MOST_KEPT, PRUNED_EVERY, MailboxTransport
from reservo.adapters.mail.memory import MemoryTransport
from reservo.adapters.mail.smtp import BadMailAddress, SmtpTransport
from tests.installation import free_ports
from tests.smtp import Server

SENDER = "reservo@example.org"


@dataclass
class Kind:
    """A transport, and how what it handed over is read."""

    transport: MailTransport
    received: Callable[[], list[EmailMessage]]


def memory(tmp_path) -> Iterator[Kind]:
    transport = MemoryTransport()
    yield Kind(transport, lambda: [message for _, message in transport.sent])


def mailbox(tmp_path) -> Iterator[Kind]:
    transport = MailboxTransport(tmp_path / "mailbox")

    def read() -> list[EmailMessage]:
        names = reversed(transport.names())
        return [message_from_bytes(transport.read(name), policy=default) for name in names]

    yield Kind(transport, read)


def smtp(tmp_path) -> Iterator[Kind]:
    with Server() as server:
        yield Kind(SmtpTransport(server.url), lambda: server.sink.received)


@pytest.fixture(params=[memory, mailbox, smtp], ids=lambda kind: kind.__name__)
def kind(request, tmp_path) -> Iterator[Kind]:
    yield from request.param(tmp_path)


def message(subject: str = "Tu cita: mar 1 dic, 09:30 · Clínica Ñandú") -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = SENDER, "ana@example.org"
    made["Subject"], made["Message-ID"] = subject, "<one@example.org>"
    made.set_content("Hola.\n.\nUna línea con un punto solo, y á é í ó ú ñ “”.\n" + "x" * 1_500 + "\n")
    made.add_alternative("<p>Hola, José</p>", subtype="html")
    made.add_attachment(b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar", filename="cita.ics")
    return made


def send(transport: MailTransport, what: EmailMessage | None = None) -> Accepted:
    return transport.send(what or message(), sender=SENDER, recipient="ana@example.org")


def test_what_is_handed_over_arrives_whole(kind):
    assert isinstance(send(kind.transport), Accepted)
    (arrived,) = kind.received()
    assert arrived["Subject"] == "Tu cita: mar 1 dic, 09:30 · Clínica Ñandú"
    assert arrived["Message-ID"] == "<one@example.org>"
    plain = arrived.get_body(("plain",)).get_content()
    assert plain.splitlines()[:3] == ["Hola.", ".", "Una línea con un punto solo, y á é í ó ú ñ “”."]
    assert arrived.get_body(("html",)).get_content().strip() == "<p>Hola, José</p>"
    assert [part.get_filename() for part in arrived.iter_attachments()] == ["cita.ics"]


def test_messages_arrive_in_order_and_each_once(kind):
    for n in range(5):
        send(kind.transport, message(f"number {n}"))
    assert [one["Subject"] for one in kind.received()] == [f"number {n}" for n in range(5)]


def test_closing_twice_and_sending_afterwards_is_no_error(kind):
    kind.transport.close()
    kind.transport.close()
    send(kind.transport)
    assert len(kind.received()) == 1


def test_a_folder_that_cannot_be_written_is_unreachable(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unreachable):
        send(MailboxTransport(tmp_path / "file"))


def test_the_mailbox_keeps_a_bounded_number_and_gives_out_nothing_else(tmp_path):
    folder = tmp_path / "mailbox"
    folder.mkdir()
    (tmp_path / "secret.eml").write_text("secret")
    for n in range(MOST_KEPT + 20):
        (folder / f"2000{n:06d}.eml").write_text("old")
    transport = MailboxTransport(folder)
    for _ in range(PRUNED_EVERY):
        send(transport)
    assert len(transport.names()) == MOST_KEPT
    with pytest.raises(FileNotFoundError):
        transport.read("../secret")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def test_one_connection_serves_many_messages(server):
    transport = SmtpTransport(server.url)
    for _ in range(10):
        send(transport)
    assert (len(server.sink.received), server.sink.connections) == (10, 1)


@pytest.mark.parametrize(
    ("answer", "permanent", "code"),
    [("550 5.1.1 no such user", True, 550), ("451 4.7.1 greylisted, come back", False, 451)],
)
@pytest.mark.parametrize("where", ["refuse_recipient", "refuse_content"])
def test_a_refusal_says_for_good_or_for_now_and_the_connection_goes_on(
    server, where, answer, permanent, code
):
    getattr(server.sink, where).append(answer)
    transport = SmtpTransport(server.url)
    with pytest.raises(Rejected) as refused:
        send(transport)
    assert (refused.value.permanent, refused.value.code) == (permanent, code)
    assert answer[4:] in str(refused.value)
    send(transport)
    assert (len(server.sink.received), server.sink.connections) == (1, 1)


def test_a_hang_up_after_the_content_is_unknown_and_the_next_message_gets_a_new_connection(server):
    server.sink.drop_after_content = 1
    transport = SmtpTransport(server.url)
    with pytest.raises(Unknown):
        send(transport)
    send(transport)
    assert (len(server.sink.received), server.sink.connections) == (2, 2)


def test_a_hang_up_before_the_content_is_unreachable_and_safe_to_repeat(server):
    server.sink.drop_before_content = 1
    transport = SmtpTransport(server.url)
    with pytest.raises(Unreachable):
        send(transport)
    assert server.sink.received == []
    send(transport)


def test_a_kept_connection_that_the_server_closed_is_no_failed_mail(server):
    """Servers close idle connections: the message goes over a new one, in the same hand-over."""
    transport = SmtpTransport(server.url)
    send(transport)
    transport._kept.connection.sock.shutdown(2)
    send(transport)
    assert len(server.sink.received) == 2


def test_nobody_there_is_unreachable():
    with pytest.raises(Unreachable):
        send(SmtpTransport(f"smtp://127.0.0.1:{free_ports(1)[0]}"))


@pytest.mark.parametrize("url", ["", "http://x", "smtp://", "localhost:25"])
def test_a_wrong_address_is_refused_at_start(url):
    with pytest.raises(BadMailAddress):
        SmtpTransport(url)
