"""Who may be written to, when, and how often. Pure: `now` is passed in; results are aware UTC."""

from app.contacts.rules.hours import EVERY_DAY, SendingHours, last_open, next_open, on_day
from app.contacts.rules.place import Zone, zone_for

__all__ = ["EVERY_DAY", "SendingHours", "Zone", "last_open", "next_open", "on_day", "zone_for"]
