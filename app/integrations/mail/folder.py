"""A folder instead of a server: one `.eml` file each, for the demo, for tests and for looking at mails."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from app.core.ids import new_token
from app.integrations.mail.addresses import wire_address
from app.outbox.ports import Accepted, Letter, MailDeferred
from app.outbox.render import build_mime

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


class FolderTransport:
    """Writes a mail under the name of its Message-ID, so a second copy replaces the first."""

    resend_in_doubt_for = timedelta(days=3650)  # the same name is the same file, for as long as it lies there

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: Letter) -> Accepted:
        content = build_mime(replace(letter, to=wire_address(letter.to)))
        name = letter.message_id.strip("<>").rpartition("@")[0]
        if not _PLAIN_NAME.fullmatch(name):
            name = sha256(letter.message_id.encode()).hexdigest()[:32]
        whole, part = self._folder / f"{name}.eml", self._folder / f".{name}.{new_token()}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            os.replace(part, whole)  # a reader sees the whole mail or none
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise MailDeferred(f"the mail folder cannot be written: {error.strerror}") from error
        return Accepted(provider_id=whole.name)

    def close(self) -> None:
        """Nothing is held open."""
