"""Reclaim: self-hosted subscription retention. The flow is on one page: app/pipeline.py."""
