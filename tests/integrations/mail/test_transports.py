"""Which URL gives which way out, and the folder that needs no server."""

from __future__ import annotations

import threading
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from app.core.errors import ConfigurationError
from app.integrations.mail.transports import ThreadTransports, transport_for
from app.outbox.ports import Letter, MailDeferred, MailRefused, MailTransport

LETTER = Letter(
    "<abc123@acme.example>", "Acme <b@acme.example>", "anna@example.com", "Hi", "Hi\n", "<p>Hi</p>"
)


def test_a_second_copy_replaces_the_first(tmp_path: Path) -> None:
    transport = transport_for(f"file://{tmp_path}/new/mail")
    assert transport.send(LETTER).provider_id == "abc123.eml"
    transport.send(replace(LETTER, subject="Again"))
    (path,) = (tmp_path / "new" / "mail").iterdir()
    assert message_from_bytes(path.read_bytes(), policy=policy.SMTP)["Subject"] == "Again"


def test_a_message_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    transport_for(f"file://{tmp_path}/mail").send(replace(LETTER, message_id="<../../evil@acme.example>"))
    assert [path.parent.name for path in tmp_path.rglob("*.eml")] == ["mail"]


def test_a_folder_that_cannot_be_written_defers(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(MailDeferred):
        transport_for(f"file://{tmp_path}/mail").send(LETTER)


def test_a_bad_address_is_refused_in_a_folder_too(tmp_path: Path) -> None:
    with pytest.raises(MailRefused):
        transport_for(f"file://{tmp_path}").send(replace(LETTER, to="anna"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://mail.example",
        "smtp://",
        "smtp://host:port",
        "smtp://secret:secret@host?tls=maybe",
        "smtp://host?tsl=off",
        "smtps://host?tls=off",
        "file://relative/path",
        "file:relative",
        "resend://",
        "postmark://secret?api=ftp://x",
        "smtp://[::1",
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="RECLAIM_MAIL_URL") as failure:
        transport_for(url)
    assert "secret" not in str(failure.value)


def test_every_thread_has_a_transport_of_its_own(tmp_path: Path) -> None:
    transports = ThreadTransports(f"file://{tmp_path}")
    seen: list[MailTransport] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: seen.append(transports()))
        thread.start()
        thread.join()
    assert transports() is transports()
    assert len({id(transport) for transport in [*seen, transports()]}) == 3
    transports.close()


def test_a_bad_url_shows_when_the_worker_starts() -> None:
    with pytest.raises(ConfigurationError):
        ThreadTransports("gopher://x")
