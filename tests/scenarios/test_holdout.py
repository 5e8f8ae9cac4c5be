"""What happens to who is held out when a payment fails: less, and never nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.configuration import Configuration
from app.core.db import Database
from app.experiments.models import AssignmentRow, DecisionRow
from app.experiments.policy import DunningControl, ExperimentPolicy
from app.experiments.rules import is_held_out
from sandbox.building import Subscriber
from tests.scenarios.diary import Diary, configured, open_diary
from tests.scenarios.offered import own_card

pytestmark = pytest.mark.same_on_both

SOFT = "payment_failed_retrying"
HARD = "payment_failed_new_method"
ENDED = "payment_ended"
CONSENT = "payment_consent_stopped"


def holding_out(
    control: DunningControl = DunningControl.MINIMAL, share: float = 0.5, **dunning: Any
) -> Configuration:
    """Acme's reclaim.toml with a hold-out."""
    policy = ExperimentPolicy(
        holdout_share=share, dunning_control=control, platform_mails_confirmed=control == "platform"
    )
    return configured(**dunning).model_copy(update={"experiments": policy})


def somebody(diary: Diary, wanted: Callable[[str], bool], code: str, **more: Any) -> Subscriber:
    """A subscriber on whom the lot falls as wanted, and whose bank declines from now on."""
    for number in range(100):
        someone = diary.subscriber(email=f"p{number}@example.com", card=own_card(number), **more)
        if wanted(someone.customer):
            diary.sandbox.decline(someone.payment_method, code)
            return someone
        diary.merchant.subscriptions.cancel(someone.subscription)
    raise AssertionError("the lot never fell so")


def held(customer: str) -> bool:
    return is_held_out(0.5, 2026, customer)


def treated(customer: str) -> bool:
    return not held(customer)


def decisions(diary: Diary) -> list[DecisionRow]:
    """What was logged about late payments, in order."""
    with diary.application.db.read() as session:
        query = select(DecisionRow).where(DecisionRow.experiment.startswith("dunning:"))
        return list(session.scalars(query.order_by(DecisionRow.id)))


def test_who_is_held_out_hears_at_once_and_before_the_end_and_of_the_end(database: Database) -> None:
    with open_diary(database, config=holding_out()) as diary:
        somebody(diary, held, "insufficient_funds")
        diary.until("2026-04-02T10:00:00")
        assert diary.says("Held out by lot (arm minimal, chance 50%): one notice at once")
        diary.until("2026-04-16T10:00:00")
        assert diary.sent() == [("04-01", SOFT), ("04-12", SOFT), ("04-15", ENDED)]
        stages = [m.context["stage"] for m in diary.mails() if m.name == SOFT]
        assert stages == ["first", "last_warning"]
        case = diary.case()
        assert (case.experiment, case.experiment_arm) == ("dunning:2026:0.5:minimal", "minimal")
        assert case.propensity == 0.5


def test_who_is_not_held_out_has_the_schedule_of_their_decline(database: Database) -> None:
    with open_diary(database, config=holding_out()) as diary:
        somebody(diary, treated, "insufficient_funds")
        diary.until("2026-04-16T10:00:00")
        assert diary.sent() == [("04-06", SOFT), ("04-12", SOFT), ("04-15", ENDED)]
        case = diary.case()
        assert (case.experiment, case.experiment_arm) == ("dunning:2026:0.5:minimal", "treated")
        assert not diary.says("Held out")


def test_where_the_provider_writes_we_only_warn_before_the_end(database: Database) -> None:
    with open_diary(database, config=holding_out(DunningControl.PLATFORM)) as diary:
        somebody(diary, held, "lost_card")
        diary.until("2026-04-16T10:00:00")
        assert diary.sent() == [("04-12", HARD), ("04-15", ENDED)]
        assert diary.mails()[0].context["stage"] == "last_warning"


def test_that_their_consent_is_gone_is_told_to_everybody_alike(database: Database) -> None:
    with open_diary(database, config=holding_out(DunningControl.PLATFORM)) as diary:
        somebody(diary, held, "revocation_of_authorization")
        diary.until("2026-04-14T10:00:00")
        assert diary.sent() == [("04-01", CONSENT)]


def test_the_page_of_a_notice_takes_and_charges_a_new_card_and_thanks_for_it(database: Database) -> None:
    """A card that the customer gives is their own wish, in every arm."""
    with open_diary(database, config=holding_out()) as diary:
        somebody(diary, held, "lost_card")
        diary.until("2026-04-02T09:00:00")
        diary.enter_card(diary.open_card_page())
        diary.until("2026-04-03T12:00:00")
        assert diary.case().outcome == "recovered"
        assert [name for _, name in diary.sent()] == [HARD, "payment_recovered"]


@pytest.mark.parametrize(("who", "attempts"), [(held, 1), (treated, 2)])
def test_only_who_is_treated_is_charged_because_a_card_was_changed_elsewhere(
    database: Database, who: Callable[[str], bool], attempts: int
) -> None:
    with open_diary(database, config=holding_out(charge_on_card_change=True)) as diary:
        ada = somebody(diary, who, "lost_card", default_on="subscription")
        diary.until("2026-04-03T09:00:00")
        method = diary.merchant.payment_methods.attach("pm_card_mastercard", {"customer": ada.customer})
        new_default = {"invoice_settings": {"default_payment_method": method.id}}
        diary.merchant.customers.update(ada.customer, new_default)  # type: ignore[arg-type]
        diary.tick()
        assert diary.attempts(diary.newest_invoice(ada)) == attempts


def test_the_arm_is_kept_for_the_year_and_drawn_anew_in_the_next(database: Database) -> None:
    def changes_sides(customer: str) -> bool:
        return held(customer) and not is_held_out(0.5, 2027, customer)

    with open_diary(database, start="2026-12-16T10:00:00", config=holding_out()) as diary:
        weekly = {"interval": "week", "start": "2026-12-10T10:00:00"}
        ada = somebody(diary, changes_sides, "insufficient_funds", **weekly)
        for healed, failing in (
            ("2026-12-18", "2026-12-22"),
            ("2026-12-25", "2027-01-02"),
            ("2027-01-08", None),
        ):
            diary.until(f"{healed}T10:00:00")
            diary.sandbox.heal(ada.payment_method)
            if failing is not None:
                diary.until(f"{failing}T10:00:00")
                diary.sandbox.decline(ada.payment_method, "insufficient_funds")
        arms = [(c.experiment, c.experiment_arm) for c in diary.cases() if c.kind == "dunning"]
        this_year, next_year = "dunning:2026:0.5:minimal", "dunning:2027:0.5:minimal"
        assert arms == [(this_year, "minimal"), (this_year, "minimal"), (next_year, "treated")]
        with diary.application.db.read() as session:
            rows = session.scalars(select(AssignmentRow).where(AssignmentRow.customer_id == ada.customer))
            assert sorted(r.experiment for r in rows) == [this_year, next_year]


def test_a_changed_share_is_for_new_cases_and_a_running_one_keeps_its_arm(database: Database) -> None:
    with open_diary(database, config=holding_out()) as diary:
        somebody(diary, held, "insufficient_funds")
        diary.until("2026-04-02T10:00:00")
        diary.reconfigure(holding_out(share=0))
        diary.until("2026-04-16T10:00:00")
        assert diary.case().experiment_arm == "minimal"
        assert [day for day, _ in diary.sent()] == ["04-01", "04-12", "04-15"]


def test_what_was_decided_is_logged_with_arm_and_chance_and_nobodys_name(database: Database) -> None:
    with open_diary(database, config=holding_out()) as diary:
        somebody(diary, held, "insufficient_funds")
        diary.until("2026-04-14T10:00:00")
        logged = decisions(diary)
        assert [(d.action, d.observation.get("stage")) for d in logged] == [
            ("open", None), ("step.sent", "first"), ("step.sent", "last_warning"),
        ]  # fmt: skip
        assert logged[0].observation == {"class": "soft_funds", "amount_minor": 2900, "currency": "usd"}
        assert {(d.experiment, d.arm, d.propensity, d.policy_version) for d in logged} == {
            ("dunning:2026:0.5:minimal", "minimal", 0.5, diary.case().policy_version)
        }


def test_where_nobody_is_held_out_only_the_opening_is_logged(database: Database) -> None:
    with open_diary(database) as diary:
        diary.failing("lost_card")
        diary.until("2026-04-05T10:00:00")
        assert len(diary.sent()) == 2
        assert [(d.experiment, d.action, d.propensity) for d in decisions(diary)] == [
            ("dunning:2026:0", "open", 1.0)
        ]


def test_a_failure_of_the_old_year_that_is_heard_of_in_the_new_one_is_drawn_in_the_old(
    database: Database,
) -> None:
    with open_diary(database, start="2026-12-30T10:00:00", config=holding_out()) as diary:
        diary.failing("lost_card", interval="week", start="2026-12-24T10:00:00")
        diary.worker_down = True
        diary.until("2027-01-01T12:00:00")
        diary.worker_down = False
        diary.tick()
        assert diary.case().experiment == "dunning:2026:0.5:minimal"
