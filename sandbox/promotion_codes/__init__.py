"""Promotion codes: the words by which customers redeem a coupon."""
