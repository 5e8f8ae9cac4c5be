"""Whether a reason for leaving was structural: nothing that the merchant does would have helped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import CampaignVersion
from app.cancellation.rules.policy import CancellationPolicy
from app.cases.models import Case
from app.cases.states import CaseKind

DEFAULTS = {name: reason.structural for name, reason in CancellationPolicy().reasons.items()}


@dataclass(frozen=True, slots=True)
class Structural:
    """`by_subscription`: the reasons of the policy under which its cancellation began; `newest`: of the last one."""

    by_subscription: Mapping[str, Mapping[str, bool]]
    newest: Mapping[str, bool]

    def of(self, subscription_id: str, reason: str | None) -> bool | None:
        """None where no reason was told; a word of the provider that no policy names is avoidable."""
        if reason is None:
            return None
        return self.by_subscription.get(subscription_id, self.newest).get(reason, False)


def structural_of(session: Session, customer_ids: Collection[str]) -> Structural:
    """What the policies say of the reasons of these customers."""
    cases = select(Case.subject_id, Case.policy_version).where(
        Case.customer_id.in_(sorted(customer_ids)), Case.kind == CaseKind.CANCELLATION.value
    )
    begun = {s: v for s, v in session.execute(cases.order_by(Case.opened_at, Case.id)) if s}
    newest = session.scalar(
        select(CampaignVersion.id)
        .where(CampaignVersion.kind == CaseKind.CANCELLATION.value)
        .order_by(CampaignVersion.created_at.desc(), CampaignVersion.id)
        .limit(1)
    )
    wanted = {*begun.values(), newest} - {None}
    versions = session.scalars(
        select(CampaignVersion).where(CampaignVersion.id.in_(sorted(map(str, wanted))))
    )
    reasons = {row.id: _reasons(row) for row in versions}
    return Structural(
        {s: reasons[v] for s, v in begun.items() if v in reasons}, reasons.get(newest or "", DEFAULTS)
    )


def _reasons(version: CampaignVersion) -> dict[str, bool]:
    told = version.definition.get("cancellation", {}).get("reasons", {})
    return {name: bool(reason.get("structural")) for name, reason in told.items()}
