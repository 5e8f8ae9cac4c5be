"""`python -m benchmarks`: every benchmark, one after another. Quote ratios: machines differ and are shared."""

from __future__ import annotations

from app.core import log
from benchmarks import dashboard, events, expiring, intake, sandbox_year, winback


def main() -> None:
    log.configure("warning", None)
    print("== Intake: webhooks stored and answered ==")
    intake.main()
    print("\n== Events: processed by one worker ==")
    events.main()
    print("\n== Sandbox: a thousand customers through a year ==")
    sandbox_year.main()
    print("\n== Expiring cards: notices against a plain rule ==")
    expiring.main()
    print("\n== Win-back: the first looks at 20,000 lapsed customers ==")
    winback.main()
    print("\n== Dashboard: figures of a large business, at a fiftieth of its size ==")
    dashboard.main(["--scale", "0.02"])


if __name__ == "__main__":
    main()
