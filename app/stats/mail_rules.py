"""What every number of the mails means. Pure.

Every number stands with the mail: in the month (UTC) in which it was settled, for ever, also if the bounce or the
complaint comes later.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

NO_CAMPAIGN = "other"


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Counts of mails. `sent`: taken over by the server; `failed`: refused for good before that; `unknown`: may or
    may not have left. `bounced`, of which `hard`, `complained` and `unsubscribed` are parts of sent and unknown.
    What was withheld (shadow, allowlist) or stopped is in none of them."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    bounced: int = 0
    hard: int = 0
    complained: int = 0
    unsubscribed: int = 0

    def __add__(self, other: MailFigures) -> MailFigures:
        return MailFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def complaint_share(self) -> float | None:
        """`complained / sent`; None where nothing was sent."""
        return self.complained / self.sent if self.sent else None
