"""Coupons and the discounts made from them; promotion codes are not here yet."""
