"""The operator's side: dashboard, JSON API, health and metrics. Reads everything, decides nothing."""

from app.ops.router import router

__all__ = ["router"]
