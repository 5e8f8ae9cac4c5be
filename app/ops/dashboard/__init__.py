"""The dashboard: `/ops` at a glance and one page a section. Every table is a `Sheet` (app/ops/sheets.py).

A section is a file here: it names its sheets, each a function of the `Desk`, and what else its page shows. routes.py
serves page, CSV and plots of all of them; sections.py is the list.
"""
