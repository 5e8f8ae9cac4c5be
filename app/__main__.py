"""`python -m app`: the same as `reclaim`."""

from app.cli import main

main()
