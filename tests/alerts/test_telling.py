"""What is worth an alert, and what it says: sums a currency, links, figures; never a person's data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.alerts import telling
from app.alerts.policy import AlertPolicy
from app.alerts.telling import Crossing, Verdict
from app.core.money import Money
from app.feedback import brake
from app.hooks.models import HookMessage
from app.outbox.facts import MailSettled
from tests.alerts.test_chat import SLACK, listen
from tests.feedback.factories import NOW as JUNE
from tests.feedback.factories import add, mail
from tests.hooks.switchboard import NOW, Switchboard

POLICY = AlertPolicy(high_value_minor={"usd": 50000, "jpy": 100000})


def late(board: Switchboard, *at_risk: Money, case_id: str = "case_1") -> list[str]:
    """Two looks at the same case; the sentences that were put down."""
    for _ in range(2):
        with board.db.write() as session:
            telling.late_payment(
                session, POLICY, case_id=case_id, customer_id="cus_1", category="soft_funds",
                at_risk=at_risk, now=NOW,
            )  # fmt: skip
    return [m.body["text"] for m in board.messages()]


def told(board: Switchboard, type: str) -> dict[str, Any]:
    with board.db.read() as session:
        (only,) = session.scalars(select(HookMessage).where(HookMessage.type == type))
    return dict(only.body["data"])


def test_a_case_of_great_value_is_told_once_with_its_link(board: Switchboard) -> None:
    listen(board, SLACK)
    assert late(board, Money(125000, "usd"), Money(9000, "eur")) == [
        "*Late payment of $1,250.00 and €90.00* (soft funds): <https://acme.example/ops/cases/case_1|case_1>"
    ]
    assert board.message().customer_id == "cus_1", "so that an erasure reaches it"


def test_each_currency_has_a_line_of_its_own_and_one_without_has_none(board: Switchboard) -> None:
    """Edge: 499.99 dollars and 900,000 euros are two sums, neither of which is high."""
    listen(board, SLACK)
    assert late(board, Money(49999, "usd"), Money(90_000_000, "eur")) == []
    assert late(board, Money(99999, "jpy")) == []
    assert len(late(board, Money(50000, "usd"))) == 1


def test_words_from_outside_make_no_link_and_call_no_channel(board: Switchboard) -> None:
    listen(board, SLACK)
    with board.db.write() as session:
        crossing = Crossing("complaints", "dunning", "<!channel> & more", stopped=True, figures={"sent": 1})
        telling.guardrail_crossed(session, crossing, now=NOW)
    assert board.message().body["text"] == (
        "*dunning: complaints*: &lt;!channel&gt; &amp; more; its mails wait until somebody resumes it. "
        "<https://acme.example/ops|dashboard>"
    )


def test_a_campaign_that_is_stopped_is_told_to_systems_and_chats_once(board: Switchboard) -> None:
    listen(board, SLACK)
    board.add("https://a.example/")
    add(board.db, *[mail(str(i), complained_at=JUNE if i < 3 else None) for i in range(1000)])
    for _ in range(2):
        with board.db.write() as session:
            brake.check(session, "dunning", now=JUNE)
    assert told(board, "guardrail.crossed") == {
        "guardrail": "complaints",
        "campaign": "dunning",
        "stopped": True,
        "reason": "0.30% (3 of 1,000 mails) in seven days",
        "figures": {"sent": 1000, "complaints": 3},
    }
    assert sorted(m.type for m in board.messages()) == ["alert", "guardrail.crossed"]


def test_a_verdict_is_told_with_its_interval_in_its_own_currency(board: Switchboard) -> None:
    board.add("https://a.example/")
    verdict = Verdict("dunning", "minimal", "usd", "not_proven", "proven", 119_000, 2_000, 236_000)
    with board.db.write() as session:
        telling.verdict_changed(session, verdict, now=NOW)
        telling.verdict_changed(session, verdict, now=NOW)
    assert told(board, "verdict.changed") == {
        "experiment": "dunning",
        "control": "minimal",
        "currency": "usd",
        "before": "not_proven",
        "verdict": "proven",
        "incremental": {"amount_minor": 119_000, "currency": "usd"},
        "lower": {"amount_minor": 2_000, "currency": "usd"},
        "upper": {"amount_minor": 236_000, "currency": "usd"},
    }


def test_a_verdict_without_a_number_says_none(board: Switchboard) -> None:
    board.add("https://a.example/")
    verdict = Verdict("winback", "no_mail", "eur", None, "too_few", None, None, None)
    with board.db.write() as session:
        telling.verdict_changed(session, verdict, now=NOW)
    assert told(board, "verdict.changed")["lower"] is None


def test_a_mail_that_may_have_left_is_told_once_and_any_other_is_not(board: Switchboard) -> None:
    listen(board, SLACK)
    with board.db.write() as session:
        for state in ("sent", "unknown", "unknown"):
            fact = MailSettled(
                "mail_1", "case_1", "cus_1", "payment_ended", "last_notice", state, NOW, None, None
            )
            telling.mail_settled(session, fact, None, now=NOW)
    assert board.message().body["text"] == (
        "*A mail may or may not have left* (payment_ended), and is not sent again: "
        "<https://acme.example/ops/mails/mail_1|mail_1>"
    )
