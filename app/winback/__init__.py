"""Winning lapsed subscribers back: who lapsed and why, who is invited back, when, and whether they returned.

Owns the lapses, the sequences (campaign kind `winback`) and the checkouts of the return page. Does not own who may be
written to (contacts), what may be offered (offers), nor the page itself (portal). Tables: `lapses`, `return_sessions`.
"""
