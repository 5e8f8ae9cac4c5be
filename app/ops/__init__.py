"""The operator's side: dashboard, JSON API, health and metrics. Reads everything, decides nothing.

What it changes goes through the features' own functions: hold, release and close a case, finish a task,
replay an event. Owns no table; the sign-in is a signed cookie.
"""

from app.ops.router import router

__all__ = ["router"]
