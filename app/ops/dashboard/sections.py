"""All sections, in the order of the navigation."""

from __future__ import annotations

from app.ops.dashboard import cancellations, dunning, expiring, glance, mail, queues, retention, winback
from app.ops.dashboard.desk import Section

GLANCE = glance.SECTION
SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        GLANCE,
        dunning.SECTION,
        expiring.SECTION,
        cancellations.SECTION,
        winback.SECTION,
        retention.SECTION,
        mail.SECTION,
        queues.SECTION,
    )
}
