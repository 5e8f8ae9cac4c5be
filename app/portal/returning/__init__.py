"""The return page: the plan, its price now and after the offer, and one press to come back."""
