"""Intake's group commit: requests that arrive during a commit share the next one."""

from app.inbound.service.incoming import Incoming, Outcome
from app.inbound.service.writer import IntakeWriter, open_writer

__all__ = ["Incoming", "IntakeWriter", "Outcome", "open_writer"]
