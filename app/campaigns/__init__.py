"""What a campaign is: its definition, its stored versions, and the pure planner of dated steps.

A case keeps the version under which it began; editing reclaim.toml changes only later cases.
Tables: campaign_versions.
"""
