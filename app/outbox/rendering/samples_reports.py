"""Invented monthly reports: a busy month in two currencies, and an empty one."""

from __future__ import annotations

from app.outbox.rendering.context import OwnerReportContext

OPS = "https://pay.northwind.example/ops"

BUSY: OwnerReportContext = {
    "month": "2026-10-15T12:00:00+00:00",
    "dashboard_url": OPS,
    "payments": {
        "month": "2026-09-15T12:00:00+00:00",
        "currencies": [
            {
                "count": 214,
                "at_risk": {"amount_minor": 814000, "currency": "usd"},
                "collected": {"amount_minor": 452000, "currency": "usd"},
                "silent": {"amount_minor": 121000, "currency": "usd"},
                "open": 2,
            },
            {
                "count": 1,
                "at_risk": {"amount_minor": 98000, "currency": "jpy"},
                "collected": {"amount_minor": 0, "currency": "jpy"},
                "silent": {"amount_minor": 0, "currency": "jpy"},
                "open": 0,
            },
        ],
        "page_url": f"{OPS}/dunning",
    },
    "proofs": [
        {
            "experiment": "dunning",
            "control": "minimal",
            "currency": "USD",
            "verdict": "not proven yet. At ~60 failures a month expect an answer in about 8 more months "
            "if the true effect is 16 pp.",
            "lower": {"amount_minor": -141000, "currency": "usd"},
            "upper": {"amount_minor": 379000, "currency": "usd"},
            "incremental": {"amount_minor": 119000, "currency": "usd"},
        },
        {
            "experiment": "winback",
            "control": "no_mail",
            "currency": "USD",
            "verdict": "n = 12 of 30",
            "lower": None,
            "upper": None,
            "incremental": None,
        },
    ],
    "cancellations": {"asked": 31, "cancelled": 22, "saved": 6, "page_url": f"{OPS}/cancellations"},
    "winback": {"returned": 5, "unasked": 3, "page_url": f"{OPS}/winback"},
    "mail": {
        "sent": 702,
        "bounced": 4,
        "complained": 0,
        "unsubscribed": 1,
        "unknown": 1,
        "page_url": f"{OPS}/mail",
    },
}

QUIET: OwnerReportContext = {
    **BUSY,
    "payments": {**BUSY["payments"], "currencies": []},
    "proofs": [],
    "cancellations": {**BUSY["cancellations"], "asked": 0, "cancelled": 0, "saved": 0},
    "winback": {**BUSY["winback"], "returned": 0, "unasked": 0},
    "mail": {**BUSY["mail"], "sent": 0, "bounced": 0, "unsubscribed": 0, "unknown": 0},
}

OWNER_REPORTS = {"owner_report": BUSY, "owner_report-quiet": QUIET}
