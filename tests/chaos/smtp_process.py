"""A mail server that misbehaves at random. What it has taken over is on disk before it says so.

`python -m tests.chaos.smtp_process PORT HISTORY SEED`; each line of HISTORY is a word and a Message-ID.
"""

from __future__ import annotations

import asyncio
import email
import os
import random
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.integrations.mail.smtp_server import cut

SHARES = {"451": 0.05, "550": 0.02, "drop_before": 0.02, "drop_after": 0.02}


class Handler:
    def __init__(self, history: str, seed: int) -> None:
        self.file = os.open(history, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.dice = random.Random(seed)

    def note(self, word: str, message_id: str = "-") -> None:
        os.write(self.file, f"{word} {message_id}\n".encode())

    def choose(self) -> str:
        return self.dice.choices([*SHARES, "accepted"], [*SHARES.values(), 1 - sum(SHARES.values())])[0]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message_id = str(email.message_from_bytes(content)["Message-ID"]).strip()
        what = self.choose()
        if what in SHARES:
            self.note(what, message_id)
        if what == "451":
            return "451 4.3.0 later"
        if what == "550":
            return "550 5.1.1 no such user"
        if what == "drop_before":
            cut(server)
            return "451 too late"
        self.note("accepted", message_id)
        if what == "drop_after":
            cut(server)
        return "250 2.0.0 OK"


async def main(port: int, history: str, seed: int) -> None:
    handler = Handler(history, seed)

    def factory() -> Any:
        return SMTP(handler, hostname="chaos.example")

    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", port, reuse_address=True)
    handler.note("started")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
