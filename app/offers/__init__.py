"""Offers: the catalogue, who may have what, the budget, and the grants with their outcomes.

Knows neither why an offer is made (a cancellation, a win-back) nor any page. Tables: `grants`, `offer_budgets`.
"""
