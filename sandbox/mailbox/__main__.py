"""`python -m sandbox.mailbox`: SMTP on one port, the page on another."""

from __future__ import annotations

import argparse

import uvicorn

from sandbox.mailbox.pages import create_app
from sandbox.mailbox.smtp import smtp_server
from sandbox.mailbox.store import Mailbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=12125)
    parser.add_argument("--http-port", type=int, default=12180)
    options = parser.parse_args()
    mailbox = Mailbox()
    smtp = smtp_server(mailbox, options.host, options.smtp_port)
    smtp.start()
    print(f"SMTP_URL=smtp://{options.host}:{options.smtp_port}")
    print(f"MAILBOX_URL=http://{options.host}:{options.http_port}", flush=True)
    try:
        uvicorn.run(create_app(mailbox), host=options.host, port=options.http_port, log_level="warning")
    finally:
        smtp.stop()


if __name__ == "__main__":
    main()
