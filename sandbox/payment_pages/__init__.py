"""Payment pages: the calls by which the official command line plays the customer of a checkout session."""
