"""The rows of a large business, made up: a million subscribers, five million mails, half a million cases, three years.

Rows are tuples in the order of `COLUMNS`, their times as text, so that both databases take them in bulk. What the
figures do not read is left empty.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAYS = 3 * 365
PRICES = (
    ("price_solo", 900),
    ("price_team", 2900),
    ("price_pro", 4900),
    ("price_max", 9900),
    ("price_year", 29000),
)
CURRENCIES = ("usd", "eur", "gbp")
CLASSES = ("soft_funds", "soft_generic", "card_data", "hard", "action", "technical", "merchant")
REASONS = (
    "too_expensive",
    "unused",
    "missing_feature",
    "switched",
    "technical",
    "poor_service",
    "moved",
    "unasked",
)
PRESETS = ("OPEN", "STRICT", "DE", "US_CA")
OFFERS = (("half", "percent_off"), ("free", "free_months"), ("pause", "pause"), ("pro", "upgrade"))
VERSIONS = ("v1", "v2", "v3")
BATCH = 50_000

Row = tuple[Any, ...]
COLUMNS: dict[str, str] = {
    "customers": "id seen_at seen_live email name currency country time_zone delinquent deleted",
    "subscriptions": "id seen_at seen_live customer_id status collection_method created_at ended_at canceled_at "
    "cancellation_reason period_end_at latest_invoice_id paused_collection forces_three_d_secure items",
    "invoices": "id seen_at seen_live customer_id subscription_id status billing_reason currency amount_due_minor "
    "amount_paid_minor amount_remaining_minor attempt_count created_at paid_at paid_out_of_band label price_id "
    "failed_at needs_action refunded_minor",
    "tenures": "customer_id number began_at ended_at involuntary reason structural price_id term currency",
    "cases": "id kind customer_id subject_id state outcome category opened_at closed_at policy_version plan_number "
    "contacts first_contact_at experiment_arm propensity link_epoch details",
    "steps": "id case_id key kind number state due_at planned_at",
    "dunning_invoices": "invoice_id case_id customer_id currency at_risk_minor failed_at first_after_trial result "
    "settled_at paid_minor paid_at returned_minor",
    "cancel_visits": "id case_id number customer_id subscription_id entry preset preset_version place_source locale "
    "screen offers_shown refused started_at",
    "grants": "id case_id customer_id subscription_id offer offer_version kind state arm reason preset given_by terms "
    "currency cost_minor booked_month shown_at expires_at accepted_at applied_at full_charge_at full_paid_at "
    "outcome_30 paid_minor",
    "lapses": "id customer_id kind reason ends_at running price_id amount_minor currency interval interval_count "
    "received_minor state left_out case_id returned_at returned_how paid_minor",
    "mails": "id state purpose campaign stream context locale to_address bounced_at bounce_kind complained_at "
    "unsubscribed_at key case_id customer_id name due_at attempts created_at settled_at",
    "expiry_notices": "payment_method_id month days plain_at result reason decided_at",
    "tasks": "id key kind case_id customer_id title detail state created_at done_at",
    "inbound_events": "source event_id type refs created_at received_at body state duplicates attempts next_at done_at",
}


def moment(at: datetime) -> str:
    """As both databases read it, UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S.000000")


@dataclass
class Business:
    """Made up by a seed; `scale` 1.0 is the whole of it."""

    scale: float = 1.0
    seed: int = 1
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    @property
    def customers(self) -> int:
        return int(1_000_000 * self.scale)

    @property
    def cases(self) -> int:
        return int(500_000 * self.scale)

    @property
    def mails(self) -> int:
        return int(5_000_000 * self.scale)

    def batches(self) -> Iterator[dict[str, list[Row]]]:
        """Rows by table, some tens of thousands at once."""
        for make, count in (
            (self._subscriber, self.customers),
            (self._case, self.cases),
            (self._mail, self.mails),
            (self._odds, int(200_000 * self.scale)),
        ):
            for start in range(0, count, BATCH):
                rows: dict[str, list[Row]] = defaultdict(list)
                for number in range(start, min(start + BATCH, count)):
                    make(number, count, rows)
                yield rows

    def _one(self, number: int) -> tuple[str, str, int, str]:
        """A subscriber's id, price, amount and currency: the same every time."""
        mixed = number * 2_654_435_761 % 2**32
        price, amount = PRICES[(0, 1, 1, 1, 2, 2, 3, 4)[mixed % 8]]
        currency = CURRENCIES[(0, 0, 0, 0, 0, 0, 0, 1, 1, 2)[mixed // 8 % 10]]
        return f"cus_{number:07}", price, amount, currency

    def _subscriber(self, number: int, count: int, rows: dict[str, list[Row]]) -> None:
        dice = self.dice
        key, price, amount, currency = self._one(number)
        began = NOW - timedelta(days=DAYS * (1 - number / count) + 1)
        age = (NOW - began).days
        ended = (
            began + timedelta(days=dice.randint(20, max(21, age - 1)))
            if dice.random() < 0.3 and age > 25
            else None
        )
        since, seen = moment(began), moment(NOW)
        until = moment(ended) if ended else None
        by_payment = dice.random() < 0.3
        why = None if ended is None else ("payment_failed" if by_payment else "cancellation_requested")
        term = "year" if price == "price_year" else "month"
        item = (
            f'[{{"price_id":"{price}","amount_minor":{amount},"currency":"{currency}","interval":"{term}",'
            f'"interval_count":1,"quantity":1,"label":"{price[6:].title()}"}}]'
        )
        subscription, latest = f"sub_{number:07}", f"in_{number:07}_1"
        period = until or moment(NOW + timedelta(days=dice.randint(1, 30)))
        status = "canceled" if ended else "active"
        rows["customers"].append(
            (key, seen, 0, f"reader{number}@example.com", f"Reader {number}", currency, "US", "UTC", 0, 0)
        )
        rows["subscriptions"].append(
            (subscription, seen, 0, key, status, "charge_automatically", since, until, until, why, period, latest, 0, 0,
             item)
        )  # fmt: skip
        last = (ended or NOW) - timedelta(days=dice.randint(1, 28))
        for place, at in enumerate((began, max(began, last))):
            reason = "subscription_cycle" if place else "subscription_create"
            rows["invoices"].append(
                (f"in_{number:07}_{place}", seen, 0, key, subscription, "paid", reason, currency, amount, amount, 0, 1,
                 moment(at), moment(at + timedelta(hours=1)), 0, price[6:].title(), price, None, 0, 0)
            )  # fmt: skip
        rows["tenures"].append(
            (key, 1, since, until, int(bool(ended) and by_payment), None if by_payment or not ended else "unused", None,
             price, term, currency)
        )  # fmt: skip
        if ended and number % 2:
            self._lapse(key, subscription, price, amount, currency, ended, by_payment, rows)

    def _lapse(
        self,
        key: str,
        subscription: str,
        price: str,
        amount: int,
        currency: str,
        ended: datetime,
        by_payment: bool,
        rows: dict[str, list[Row]],
    ) -> None:
        dice = self.dice
        kind, reason = ("involuntary", None) if by_payment else ("voluntary", dice.choice(REASONS))
        state, left_out = dice.choice((("left_out", "no_consent"), ("enrolled", None), ("waiting", None)))
        back = moment(ended + timedelta(days=40)) if dice.random() < 0.08 else None
        how = dice.choice(("page", "natural", "offer")) if back else None
        rows["lapses"].append(
            (subscription, key, kind, reason, moment(ended), 0, price, amount, currency, "month", 1, amount * 9, state,
             left_out, None, back, how, 0)
        )  # fmt: skip

    def _case(self, number: int, count: int, rows: dict[str, list[Row]]) -> None:
        dice = self.dice
        at = NOW - timedelta(days=DAYS * (1 - number / count), minutes=dice.randint(1, 600))
        customer = (number * 7919) % max(1, self.customers)
        kind = dice.choices(("dunning", "expiring_card", "cancellation", "winback"), (60, 20, 14, 6))[0]
        version = VERSIONS[min(2, number * 3 // count)]
        {"dunning": self._late, "cancellation": self._leaver}.get(kind, self._other)(
            f"case_{number:07}", kind, customer, at, version, rows
        )

    def _late(
        self, case: str, kind: str, customer: int, at: datetime, version: str, rows: dict[str, list[Row]]
    ) -> None:
        dice = self.dice
        key, price, amount, currency = self._one(customer)
        fresh = NOW - at < timedelta(days=14) and dice.random() < 0.5
        result = None if fresh else dice.choices(("paid", "lost", "cancelled", "voided"), (55, 33, 10, 2))[0]
        outcome = {"paid": "recovered"}.get(result or "", result)
        contacts = dice.choices((0, 1, 2, 3, 4), (25, 30, 20, 15, 10))[0]
        over = at + timedelta(days=dice.randint(1, 20))
        settled = moment(over) if result else None
        first = moment(at + timedelta(hours=20)) if contacts else None
        paid = amount if result == "paid" else 0
        late = f"in_late_{case}"
        subscription = f"sub_{customer:07}"
        declined = dice.choices(CLASSES, (38, 25, 14, 10, 6, 5, 2))[0]
        rows["cases"].append(
            (case, kind, key, "", "open" if fresh else "closed", outcome, declined, moment(at), settled, version, 1,
             contacts, first, "standard", 1.0, 0, "{}")
        )  # fmt: skip
        rows["dunning_invoices"].append(
            (late, case, key, currency, amount, moment(at), int(dice.random() < 0.1), result, settled, paid,
             settled if paid else None, amount if paid and dice.random() < 0.02 else 0)
        )  # fmt: skip
        rows["invoices"].append(
            (late, moment(NOW), 0, key, subscription, "paid" if paid else "open" if fresh else "void",
             "subscription_cycle", currency, amount, paid, amount - paid, 2, moment(at), settled if paid else None, 0,
             price[6:].title(), price, moment(at), 0, 0)
        )  # fmt: skip
        if fresh:
            due = moment(NOW + timedelta(hours=dice.randint(1, 90)))
            rows["steps"].append((f"step_{case}", case, "1:0", "mail", 1, "planned", due, moment(at)))

    def _leaver(
        self, case: str, kind: str, customer: int, at: datetime, version: str, rows: dict[str, list[Row]]
    ) -> None:
        dice = self.dice
        key, _, amount, currency = self._one(customer)
        subscription, when = f"sub_{customer:07}", moment(at)
        outcome = dice.choices(("saved", "cancelled", "abandoned", "undone", "manual"), (20, 55, 20, 3, 2))[0]
        reason = dice.choices(REASONS, (30, 20, 12, 10, 8, 8, 6, 6))[0]
        preset = dice.choices(PRESETS, (40, 30, 20, 10))[0]
        arm = "no_offer" if dice.random() < 0.1 else "standard"
        rows["cases"].append(
            (case, kind, key, subscription, "closed", outcome, reason, when, moment(at + timedelta(hours=1)), version,
             0, 0, None, arm, 0.9, 0, "{}")
        )  # fmt: skip
        rows["cancel_visits"].append(
            (
                f"visit_{case}",
                case,
                1,
                key,
                subscription,
                "page",
                preset,
                1,
                "none",
                "en",
                "start",
                1,
                "{}",
                when,
            )
        )
        if arm == "standard" and dice.random() < 0.7:
            offer, sort = dice.choice(OFFERS)
            held = outcome == "saved"
            kept = "kept" if held and NOW - at > timedelta(days=150) else None
            full = moment(at + timedelta(days=91)) if held else None
            terms = (
                f'{{"price_minor":{amount},"charged_minor":{amount // 2},"saved_minor":{3 * amount // 2}}}'
            )
            rows["grants"].append(
                (f"grant_{case}", case, key, subscription, offer, "1", sort, "applied" if held else "declined", arm,
                 reason, preset, "page", terms, currency, 3 * amount // 2, f"{at:%Y-%m}" if held else None, when, when,
                 when if held else None, when if held else None, full, full if kept else None, kept, 0)
            )  # fmt: skip

    def _other(
        self, case: str, kind: str, customer: int, at: datetime, version: str, rows: dict[str, list[Row]]
    ) -> None:
        dice = self.dice
        ends = {
            "expiring_card": ("card_updated", "expired", "not_needed"),
            "winback": ("returned", "exhausted"),
        }
        fresh = NOW - at < timedelta(days=20) and dice.random() < 0.5
        state, outcome = ("open", None) if fresh else ("closed", dice.choice(ends[kind]))
        closed = None if fresh else moment(at + timedelta(days=9))
        rows["cases"].append(
            (case, kind, f"cus_{customer:07}", "", state, outcome, "card", moment(at), closed, version, 1, 1, None,
             "standard", 1.0, 0, "{}")
        )  # fmt: skip

    def _mail(self, number: int, count: int, rows: dict[str, list[Row]]) -> None:
        dice = self.dice
        at = NOW - timedelta(days=DAYS * (1 - number / count), minutes=dice.randint(5, 600))
        when = moment(at)
        customer = (number * 104_729) % max(1, self.customers)
        campaign, name, stream = dice.choices(
            (("dunning", "payment_failed", "transactional"), ("expiring_card", "card_expiring", "transactional"),
             ("winback", "winback_offer", "marketing"), (None, "cancel_confirmed", "transactional")),
            (60, 20, 12, 8),
        )[0]  # fmt: skip
        came = dice.random()
        back = moment(at + timedelta(hours=1)) if came < 0.012 else None
        rows["mails"].append(
            (f"mail_{number:08}", "failed" if came > 0.998 else "sent", "reminder", campaign, stream, "{}", "en",
             f"reader{customer}@example.com", back, ("hard" if came < 0.004 else "soft") if back else None,
             when if 0.5 < came < 0.5006 else None, when if 0.6 < came < 0.602 else None, f"{number:08}",
             f"case_{number // 10:07}" if number // 10 < self.cases else None, f"cus_{customer:07}", name, when, 1,
             when, when)
        )  # fmt: skip

    def _odds(self, number: int, count: int, rows: dict[str, list[Row]]) -> None:
        """Notices about cards, tasks, stored events."""
        dice = self.dice
        at = NOW - timedelta(days=DAYS * (1 - number / count))
        when = moment(at)
        result, reason = dice.choice(
            (
                ("sent", None),
                ("left_out", "updated_by_updater"),
                ("left_out", "backup"),
                ("left_out", "wallet"),
            )
        )
        rows["expiry_notices"].append((f"pm_{number:07}", f"{at:%Y-%m}", 14, when, result, reason, when))
        if number % 20 == 0:
            done = number < count * 0.95
            key = f"{number:07}"
            state = "done" if done else "open"
            rows["tasks"].append(
                (f"task_{key}", key, "call", None, f"cus_{key}", "Call", "", state, when, when if done else None)
            )  # fmt: skip
        rows["inbound_events"].append(
            ("stripe", f"evt_{number:07}", "invoice.paid", "{}", when, when, "", "done", 0, 1, when, when)
        )
