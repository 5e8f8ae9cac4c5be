"""Test clocks: timelines of their own for the customers that are made with them."""
