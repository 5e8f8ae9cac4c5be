"""Words of contacts: what is sent, by whom, by which way, and what stands against it."""

from __future__ import annotations

from enum import StrEnum


class Campaign(StrEnum):
    """Who wants to write, first come first: where two want the same person, the later one yields."""

    DUNNING = "dunning"
    EXPIRING_CARD = "expiring_card"
    RENEWAL = "renewal"
    WINBACK = "winback"
    LOYALTY = "loyalty"
    SURVEY = "survey"
    CHECK_IN = "check_in"

    @property
    def rank(self) -> int:
        """0 goes first."""
        return list(Campaign).index(self)

    @property
    def usual_purpose(self) -> Purpose:
        """What its mails are to the law, but for those that say otherwise."""
        match self:
            case Campaign.DUNNING | Campaign.EXPIRING_CARD:
                return Purpose.SERVICE
            case Campaign.RENEWAL:
                return Purpose.NOTICE
            case _:
                return Purpose.MARKETING


class Purpose(StrEnum):
    """What a contact is to the law."""

    NOTICE = "notice"  # law or contract demands it
    CONFIRMATION = "confirmation"  # of what the customer did
    SERVICE = "service"  # about the running contract: a payment, a card
    MARKETING = "marketing"  # wants to sell, to win back, to be liked


class Stream(StrEnum):
    """Which sender a mail goes out under; complaints about one must not hurt the other."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Channel(StrEnum):
    MAIL = "mail"
    CALL = "call"
    POST = "post"


class SuppressionScope(StrEnum):
    """What must not be sent to an address."""

    ALL = "all"
    MARKETING = "marketing"
    WINBACK = "winback"


class SuppressionReason(StrEnum):
    HARD_BOUNCE = "hard_bounce"  # there is no such mailbox
    SOFT_BOUNCE = "soft_bounce"  # refused several times of late; expires
    COMPLAINT = "complaint"  # called it spam: for good
    UNSUBSCRIBE = "unsubscribe"
    OBJECTION = "objection"  # told us by another way (GDPR Art. 21)
    ERASURE = "erasure"
    OPERATOR = "operator"
    OTHER = "other"  # from an old list that does not say


WITHDRAWING = frozenset(
    {SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBE, SuppressionReason.OBJECTION}
)
"""The person has said no, which ends the consents for the address as well."""

LIFTED_BY_CONSENT = frozenset({SuppressionReason.UNSUBSCRIBE, SuppressionReason.OBJECTION})
"""A no that the person may take back. A complaint stands for good, and a bounce is no matter of will."""


class ConsentBasis(StrEnum):
    CONSENT = "consent"
    SOFT_OPT_IN = "soft_opt_in"  # address got in a sale, own similar products, a way out offered each time


class Flag(StrEnum):
    """What the merchant tells us about a customer that changes who may write to them."""

    DO_NOT_CONTACT = "do_not_contact"
    LEGAL_HOLD = "legal_hold"
    DECEASED = "deceased"
    VIP = "vip"  # a person writes, not we
    EXCLUDED = "excluded"  # likewise
    COMPLAINT = "complaint"  # an open complaint at the merchant's support
    STAFF = "staff"
    TEST = "test"


class AddresseeRole(StrEnum):
    """A second person at a customer."""

    FINANCE = "finance"
    OWNER = "owner"
