"""The mailbox in a browser: a list, one mail with its HTML shut into a sandboxed frame, and JSON."""

from __future__ import annotations

from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.mailbox.store import Mail, Mailbox

STYLE = (Path(__file__).parent / "style.css").read_text()
# The frame shows foreign markup: no script may run, and links open outside of it.
FRAME = 'sandbox="allow-popups allow-popups-to-escape-sandbox"'
RELOAD_SECONDS = 5


def create_app(mailbox: Mailbox) -> Starlette:
    """The page and the JSON over one mailbox."""

    def index(request: Request) -> Response:
        return _page("Mailbox", _list(mailbox.newest_first()), reload=True)

    def show(request: Request) -> Response:
        mail = mailbox.find(request.path_params["number"])
        if mail is None:
            return _page("Not here", '<p class="card empty">This mail is gone.</p>', status=404)
        return _page(mail.header("Subject") or "(no subject)", _mail(mail))

    def messages(request: Request) -> Response:
        return JSONResponse([mail.as_json() for mail in mailbox.newest_first()])

    def clear(request: Request) -> Response:
        mailbox.clear()
        return RedirectResponse("/", status_code=303)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/mail/{number:int}", show),
            Route("/messages.json", messages),
            Route("/clear", clear, methods=["POST"]),
        ]
    )


def _page(title: str, content: str, status: int = 200, reload: bool = False) -> HTMLResponse:
    refresh = f'<meta http-equiv="refresh" content="{RELOAD_SECONDS}">' if reload else ""
    action = (
        '<form method="post" action="/clear"><button>Empty the mailbox</button></form>'
        if reload
        else '<a href="/">All mails</a>'
    )
    html = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><header><h1>{escape(title)}</h1>{action}</header><main>{content}</main></body></html>"""
    return HTMLResponse(html, status)


def _list(mails: list[Mail]) -> str:
    if not mails:
        return '<p class="card empty">No mail yet. This page looks again every few seconds.</p>'
    rows = "".join(
        f'<li><a href="/mail/{mail.number}"><strong>{escape(mail.header("Subject") or "(no subject)")}</strong>'
        f'<span class="soft">{mail.received_at:%H:%M:%S}</span>'
        f'<span class="soft to">to {escape(", ".join(mail.recipients))}</span></a></li>'
        for mail in mails
    )
    return f'<ul class="mails card">{rows}</ul>'


def _mail(mail: Mail) -> str:
    named = [
        ("From", mail.header("From")),
        ("To", mail.header("To")),
        ("Received", f"{mail.received_at:%c} UTC"),
    ]
    facts = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in named)
    markup, text = mail.body("html"), mail.body("plain")
    shown = ""
    if markup:
        frame = f'<iframe {FRAME} title="The mail" srcdoc="{escape(markup, quote=True)}"></iframe>'
        shown += f'<section><h2>As shown</h2><div class="card">{frame}</div></section>'
    if text:
        shown += f'<section><h2>Text part</h2><div class="card"><pre>{escape(text)}</pre></div></section>'
    headers = "\n".join(f"{name}: {value}" for name, value in mail.message.items())
    return f"""<div class="card"><dl>{facts}</dl></div>{shown}
<section><details class="card"><summary>Headers</summary><pre>{escape(headers)}</pre></details></section>"""
