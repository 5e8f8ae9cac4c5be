"""A letter as a PDF, made when somebody asks for it and kept nowhere."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Annotated
from xml.sax.saxutils import escape

import reportlab
from fastapi import APIRouter, Depends, Response
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.cases import repository as case_rows
from app.cases.states import CaseKind
from app.core.errors import Conflict, NotFound
from app.core.text import clean_person_name
from app.ops.pages import PageRoute
from app.ops.ports import At
from app.ops.schemas import Key
from app.ops.session import Visitor, visitor
from app.winback import repository
from app.winback.letter import Words, words_for
from app.winback.states import LapseKind

router = APIRouter(prefix="/ops/letters", route_class=PageRoute, include_in_schema=False)
FONT = "Vera"  # comes with the library; has the letters of Europe's languages that the built-in fonts lack


@router.get("/{case_id}")
def letter(place: At, who: Annotated[Visitor, Depends(visitor)], case_id: Key) -> Response:
    """The letter of a win-back case."""
    with place.db.read() as session:
        case = case_rows.get(session, case_id)
        if case is None:
            raise NotFound(f"there is no case {case_id}")
        lapse = repository.lapse(session, case.subject_id) if case.kind == CaseKind.WINBACK else None
        if lapse is None:
            raise Conflict(f"{case_id} has no letter: it is of the kind {case.kind}")
        customer = billing.load(session, CustomerState, [lapse.customer_id]).get(lapse.customer_id)
        kind, plan = LapseKind(lapse.kind), lapse.plan
    brand = place.config.brand
    name = clean_person_name(customer.name) if customer else None
    words = words_for(kind, brand=brand.name, plan=plan, name=name, website=brand.website)
    return Response(
        printed(words, sender=brand.name),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="letter-{case_id}.pdf"',
            "Cache-Control": "no-store",
        },
    )


def printed(words: Words, *, sender: str) -> bytes:
    """One page, with room for the address window that is filled in by hand."""
    _ensure_font()
    style = ParagraphStyle("letter", fontName=FONT, fontSize=11, leading=16, spaceAfter=4 * mm)
    small = ParagraphStyle("sender", parent=style, fontSize=8, leading=10)
    story = [Paragraph(escape(sender), small), Spacer(1, 55 * mm), Paragraph(escape(words.greeting), style)]
    story += [Paragraph(escape(p), style) for p in words.paragraphs]
    story += [Spacer(1, 8 * mm), Paragraph(escape(words.closing), style)]
    out = BytesIO()
    page = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=25 * mm,
        rightMargin=25 * mm,
        topMargin=25 * mm,
        title="Letter",
        author=sender,
    )
    page.build(story)
    return out.getvalue()


def _ensure_font() -> None:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        folder = Path(reportlab.__file__).parent / "fonts"
        pdfmetrics.registerFont(TTFont(FONT, folder / "Vera.ttf"))
