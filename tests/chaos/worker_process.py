"""A place for one worker of the chaos run: as often as the worker is killed, another takes its place.

`python -m tests.chaos.worker_process PIDFILE`. The place imports the application once and forks, so that a
worker begins within milliseconds of its forerunner's end. Each is the real application from the environment.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app import bootstrap

LEASE = timedelta(seconds=4)
"""Short, so that what a killed worker leaves behind is found within the run."""


def work() -> None:
    runner = bootstrap.build().runner
    runner.mails = replace(runner.mails, lease=LEASE)
    runner.actions = replace(runner.actions, lease=LEASE)
    while True:
        try:
            runner.tick()
        except Exception:
            traceback.print_exc(file=sys.stderr)
        time.sleep(0.1)


def main(pid_file: Path) -> None:
    while True:
        pid = os.fork()
        if pid == 0:
            work()
        part = pid_file.with_suffix(".part")
        part.write_text(str(pid))
        part.replace(pid_file)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
