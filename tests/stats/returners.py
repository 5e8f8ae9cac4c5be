"""Lapses with their sequences, mails and offers, made by plain functions."""

from __future__ import annotations

from typing import Any

from app.cases.models import Case
from app.core.db import Database
from app.outbox.models import Mail
from app.winback.models import Lapse
from tests.stats.factories import day
from tests.stats.leavers import grant


def lapse(db: Database, name: str, ended: str, *, arm: str | None = None, **fields: Any) -> None:
    """A subscription that ended; with an `arm` it has a sequence. `clicks`: how often the customer pressed something;
    `mails`: how many went."""
    clicks, mails = fields.pop("clicks", 0), fields.pop("mails", 0)
    at = {k: day(fields.pop(k)) for k in ("returned_at", "full_paid_at") if k in fields}
    row = {
        "kind": "voluntary",
        "reason": "too_expensive",
        "running": False,
        "price_id": "price_team",
        "currency": "usd",
        "state": "enrolled" if arm else "left_out",
        "case_id": f"case_{name}" if arm else None,
    }
    with db.write() as session:
        if arm:
            session.add(
                Case(
                    id=f"case_{name}",
                    kind="winback",
                    customer_id=f"cus_{name}",
                    subject_id=f"sub_{name}",
                    category=str(fields.get("kind", "voluntary")),
                    opened_at=day(ended),
                    policy_version="w1",
                    experiment_arm=arm,
                    propensity=0.8,
                    details={"clicks": [{"at": ended, "by": "page"}] * clicks},
                )
            )
            session.flush()
        for number in range(mails):
            session.add(mail(name, ended, number))
        session.add(
            Lapse(id=f"sub_{name}", customer_id=f"cus_{name}", ends_at=day(ended), **(row | fields | at))
        )


def mail(name: str, on: str, number: int, **fields: Any) -> Mail:
    """A step's mail that was sent."""
    row = {"state": "sent", "step_id": f"step_{name}_{number}", "campaign": "winback"} | fields
    return Mail(
        id=f"mail_{name}_{number}",
        key=f"{name}:{number}",
        case_id=f"case_{name}",
        customer_id=f"cus_{name}",
        name="winback",
        purpose="reminder",
        due_at=day(on),
        created_at=day(on),
        settled_at=day(on),
        context={},
        locale="en",
        to_address=f"{name}@example.com",
        **row,
    )


def a_winter(db: Database) -> None:
    """Nine lapses of which every number can be told by hand (see test_winback.py)."""
    # a: came back with an offer, kept 30 and 60 days. b: at full price, left before the first full charge.
    lapse(db, "a", "2026-01-05", arm="treated", mails=2, clicks=1, returned_at="2026-02-10", returned_how="offer",
          grant_id="grant_a", paid_minor=3500, outcome_30="kept", outcome_60="kept")  # fmt: skip
    grant(db, "a", "2026-02-10", "applied", offer="free_month", accepted_at="2026-02-10")
    lapse(db, "b", "2026-01-31T23:59", arm="treated", mails=1, clicks=2, returned_at="2026-03-05", returned_how="page",
          paid_minor=2000, outcome_30="left", outcome_60="left", outcome_90="left", outcome_365="left")  # fmt: skip
    # c: without a click: natural, nothing of it is claimed. d: mailed, and stayed away; an offer was shown.
    lapse(db, "c", "2026-02-01T00:00", arm="treated", mails=1, returned_at="2026-03-01", returned_how="natural",
          paid_minor=9900, outcome_30="kept", kind="involuntary", reason=None)  # fmt: skip
    lapse(db, "d", "2026-02-05", arm="treated", mails=3)
    grant(db, "d", "2026-02-20", "expired", offer="half")
    # e, f: held out; f came back. g: never invited, came back. h: never invited. i: took it back, after a click.
    lapse(db, "e", "2026-02-05", arm="no_mail")
    lapse(
        db,
        "f",
        "2026-02-06",
        arm="no_mail",
        returned_at="2026-04-01",
        returned_how="natural",
        paid_minor=2000,
    )
    lapse(db, "g", "2026-02-07", returned_at="2026-05-01", returned_how="natural", left_out="no_consent")
    lapse(db, "h", "2026-02-08", currency="eur", left_out="no_consent")
    lapse(db, "i", "2026-02-09", arm="treated", mails=1, clicks=1, returned_at="2026-02-01", returned_how="stayed",
          paid_minor=4000, outcome_30="kept")  # fmt: skip
    # Not counted: an end that was taken back, and one that is still to come.
    lapse(db, "x", "2026-02-10", state="undone")
    lapse(db, "y", "2026-02-11", running=True, state="waiting")
    with db.write() as session:  # none of a step: a confirmation, and one that did not leave
        session.add(mail("e", "2026-02-06", 8, step_id=None))
        session.add(mail("e", "2026-02-06", 9, withheld="shadow"))
