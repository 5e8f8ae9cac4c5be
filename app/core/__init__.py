"""Ground under every feature: clock, ids, money, errors, database, web, auth, log. Knows no feature."""
