"""The frame of every page, its style, and the fields for a test card."""

from __future__ import annotations

from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse, RedirectResponse, Response

# Label, number: what a visitor of the demo is likely to want to see.
OFFERED_CARDS = (
    ("Works", "4242424242424242"),
    ("Works (Mastercard)", "5555555555554444"),
    ("Asks for confirmation (3-D Secure)", "4000002760003184"),
    ("Saves, then fails when charged", "4000000000000341"),
    ("Refused: not enough money", "4000000000009995"),
    ("Refused: expired", "4000000000000069"),
)

STYLE = (Path(__file__).parent / "style.css").read_text()


def page(title: str, content: str, status: int = 200) -> HTMLResponse:
    """A whole page around already escaped content."""
    html = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><main><span class="tag">Sandbox, no real money</span>
{content}</main></body></html>"""
    return HTMLResponse(html, status)


def see_other(url: str) -> Response:
    """After a form: a redirect that a reload does not repeat."""
    return RedirectResponse(url, status_code=303)


def problem_box(message: str | None) -> str:
    return f'<p class="problem" role="alert">{escape(message)}</p>' if message else ""


def card_form(action: str, button: str, problem: str | None = None, more: str = "") -> str:
    """Pick one of the usual test cards, or type a number with its expiry; `more` is what stands before the button."""
    return f"""{problem_box(problem)}
<form method="post" action="{escape(action)}">
{card_fields()}{more}
<button>{escape(button)}</button></form>"""


def card_fields() -> str:
    """The fields alone, for a form that asks for more than a card."""
    choices = "".join(
        f'<label class="choice"><input type="radio" name="offered" value="{number}"{"" if index else " checked"}>'
        f'<span>{escape(label)}<span class="soft">{_spaced(number)}</span></span></label>'
        for index, (label, number) in enumerate(OFFERED_CARDS)
    )
    return f"""<fieldset><legend>Test card</legend>{choices}</fieldset>
<label class="field">Or another card number
<input name="number" inputmode="numeric" autocomplete="off" maxlength="23" placeholder="4242 4242…"></label>
<div class="row">
<label class="field">Month<input name="exp_month" inputmode="numeric" maxlength="2" placeholder="08"></label>
<label class="field">Year<input name="exp_year" inputmode="numeric" maxlength="4" placeholder="2031"></label>
</div>"""


def text_field(name: str, label: str, value: str = "", kind: str = "text") -> str:
    return (
        f'<label class="field">{escape(label)}<input name="{name}" type="{kind}" value="{escape(value)}"'
        f' autocomplete="off"></label>'
    )


def checkbox(name: str, label: str, *, required: bool = False) -> str:
    must = " required" if required else ""
    return (
        f'<label class="choice"><input type="checkbox" name="{name}" value="yes"{must}>'
        f"<span>{escape(label)}</span></label>"
    )


def radio(name: str, value: str, label: str, *, checked: bool = False) -> str:
    """One choice; the label is escaped already, so that it can hold a second line."""
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{escape(value)}"{mark} required>'
        f"<span>{label}</span></label>"
    )


def hidden(**values: str) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )


def _spaced(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def back_link(url: str | None, text: str) -> str:
    return f'<a class="back" href="{escape(url)}">{escape(text)}</a>' if url else ""


def money(amount_minor: int, currency: str) -> str:
    """An amount for the eye; currencies without minor units are shown whole."""
    if currency in ("jpy", "krw", "vnd", "clp", "xaf", "xof", "pyg", "ugx"):
        return f"{amount_minor:,} {currency.upper()}"
    return f"{amount_minor / 100:,.2f} {currency.upper()}"
