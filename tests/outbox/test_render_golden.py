"""Every sample mail, word for word.

After a wanted change: `REFRESH_GOLDEN=1 pytest tests/outbox/test_render_golden.py`, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.outbox.render import MailRenderer, Rendered
from app.outbox.rendering.samples import SAMPLE_ADDRESS, SAMPLE_REPLY_TO, SAMPLE_SENDER, SAMPLES

GOLDEN = Path(__file__).parent / "golden"


def render_sample(name: str) -> Rendered:
    sample = SAMPLES[name]
    renderer = MailRenderer(
        sample.brand, sender=SAMPLE_SENDER, reply_to=SAMPLE_REPLY_TO, postal_address=SAMPLE_ADDRESS
    )
    return renderer.render(sample.template, locale=sample.locale, context=sample.context)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_mail_reads_as_it_was_last_approved(name: str) -> None:
    rendered = render_sample(name)
    parts = {"txt": f"Subject: {rendered.subject}\n\n{rendered.text}", "html": rendered.html}
    for ending, fresh in parts.items():
        path = GOLDEN / f"{name}.{ending}"
        if os.environ.get("REFRESH_GOLDEN") == "1":
            GOLDEN.mkdir(exist_ok=True)
            path.write_text(fresh, "utf-8")
        assert fresh == path.read_text("utf-8"), f"{path.name} differs; REFRESH_GOLDEN=1 if that is wanted"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(SAMPLES)


def test_every_mail_has_a_sample() -> None:
    templates = Path(__file__).parents[2] / "templates" / "emails"
    dunning = {path.parent.name for path in templates.glob("payment_*/subject.txt")}
    assert dunning <= {sample.template for sample in SAMPLES.values()}
