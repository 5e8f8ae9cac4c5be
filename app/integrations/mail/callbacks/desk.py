"""The three providers together: their doors for the web process, their readings for the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.core.errors import NotStored, ProviderError
from app.feedback.facts import MailFeedback
from app.inbound.ports import Door
from app.inbound.states import Source
from app.integrations.mail.callbacks import fetching, postmark, resend, ses
from app.integrations.mail.callbacks.sns import Fetch

_READINGS = {Source.RESEND: resend.facts, Source.POSTMARK: postmark.facts, Source.SES: ses.facts}


@dataclass(frozen=True, slots=True)
class MailCallbacks:
    """`fetch` asks Amazon SNS, which is asked only where `ses_topics` are set."""

    resend_secrets: Sequence[str] = field(default=(), repr=False)
    postmark_logins: Sequence[str] = field(default=(), repr=False)
    ses_topics: Sequence[str] = ()
    fetch: Fetch = fetching.fetch

    def doors(self) -> list[Door]:
        """One address a provider; those without a secret stay shut. Raises ConfigurationError."""
        return [
            resend.resend_door(self.resend_secrets),
            postmark.postmark_door(self.postmark_logins),
            ses.ses_door(self.ses_topics, self.fetch),
        ]

    def read(self, source: Source, body: bytes) -> list[MailFeedback]:
        """What a stored callback tells. Joins a topic where SNS asks for it; raises ProviderError."""
        if source is Source.SES:
            self._join(body)
        return _READINGS[source](body)

    def _join(self, body: bytes) -> None:
        """SNS sends nothing before somebody has opened the address in its first message."""
        address = ses.address_to_confirm(body, self.ses_topics)
        if address is None:
            return
        try:
            self.fetch(address)
        except NotStored as error:
            raise ProviderError(str(error), permanent=False) from error
