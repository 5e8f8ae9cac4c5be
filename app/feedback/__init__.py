"""What comes back from mail: bounces, complaints, unsubscriptions, and what follows from them.

Hears facts of the mail providers' callbacks and of the customer's pages; marks the mail, suppresses the
address (app/contacts), holds the case, asks a person, and stops a campaign that draws too many complaints.
Tables: campaign_brakes.
"""
