"""Deliver mails: claim and guard and render in one short transaction, send outside any, settle.

The row says `sending` before the first byte goes out. Whoever finds it so after its lease cannot know
whether the mail left, so it becomes `unknown`, is never sent again, and a person is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy.orm import Session

from app.contacts.repository import log_mail
from app.contacts.service import hashed
from app.contacts.states import Stream
from app.core import gates
from app.core.clock import Clock, real_seconds
from app.core.db import Database
from app.core.errors import ProviderError
from app.core.gates import SendingMode
from app.outbox import repository
from app.outbox.facts import MailSettled
from app.outbox.models import Mail
from app.outbox.ports import Letter, MailDeferred, MailInDoubt, MailRefused, MailTransport, Stop, WaysOut
from app.outbox.render import MailNotRendered, MailRenderer, build_mime
from app.outbox.service import open_task
from app.outbox.states import MailPurpose, MailState

log = structlog.get_logger()

HOLD_RETRY = timedelta(minutes=5)
HOLD_LIMIT = timedelta(hours=6)
FIRST_RETRY = timedelta(minutes=2)
MAX_ATTEMPTS = 8
MAYBE_LEFT = "may have left"
LOOK_AGAIN_AFTER = timedelta(seconds=30)
"""How old a reading of the provider's live state may be when a mail leaves."""


class MailGuard(Protocol):
    """Whether a mail may leave now. Filled by app/pipeline.py; each campaign kind owns its rule."""

    def look(self, mail_ids: Sequence[str]) -> Any:
        """Read live state from the provider for these mails, outside any transaction; ProviderError."""
        ...

    def stop_reason(self, session: Session, mail: Mail, live: Any, *, now: datetime) -> Stop | None:
        """Why not, and until when; None: it may."""
        ...


@dataclass(frozen=True)
class MailDelivery:
    """Everything a worker needs to deliver mails. `transport` gives each thread a transport of its own."""

    db: Database
    clock: Clock
    renderer: MailRenderer
    transport: Callable[[], MailTransport]
    guard: MailGuard
    mode: SendingMode
    ways_out: Callable[[Mail], WaysOut] | None = None
    lease: timedelta = repository.LEASE
    look_again_after: timedelta = LOOK_AGAIN_AFTER

    def deliver(self, mail_ids: Sequence[str], stopping: Callable[[], bool] = lambda: False) -> int:
        """Carry out these mails one by one, until `stopping`; returns how many were taken up.

        A mail that raises is set back and does not hold up the others; its error is raised at the end.
        """
        taken, live, looked_at = 0, None, float("-inf")
        errors: list[Exception] = []
        for index, mail_id in enumerate(mail_ids):
            if stopping():
                break
            if real_seconds() - looked_at >= self.look_again_after.total_seconds():
                try:
                    live, looked_at = self.guard.look(mail_ids[index:]), real_seconds()
                except ProviderError as error:
                    self._hold(mail_ids[index:], str(error))
                    break
            try:
                taken += self._deliver_one(mail_id, live)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return taken

    def _deliver_one(self, mail_id: str, live: Any) -> bool:
        try:
            ready = self._prepare(mail_id, live)
        except Exception as error:
            self._set_back(mail_id, f"{type(error).__name__}: {error}")
            raise
        if ready is not None and ready[1] is not None:
            self._send(ready[0], ready[1])
        return ready is not None

    def _prepare(self, mail_id: str, live: Any) -> tuple[Mail, Letter | None] | None:
        """Claim, guard, render and commit `sending`. A letter comes back only if it may go out."""
        now, real_now = self.clock(), self.db.now()
        with self.db.write() as session:
            mail = repository.claim(session, Mail, mail_id, now=now, real_now=real_now, lease=self.lease)
            if mail is None:
                return None
            if gates.paused(session, own_wish=mail.purpose == MailPurpose.CONFIRMATION) is not None:
                session.rollback()
                return None
            mail.held_since = None
            if self._came_too_late(mail, now):
                self._doubt(session, mail, mail.error or MAYBE_LEFT, now)
                return mail, None
            stop = self.guard.stop_reason(session, mail, live, now=now)
            if stop is not None:
                self._stop(session, mail, stop, now)
                return mail, None
            try:
                letter = self._render(mail, now)
            except MailNotRendered as error:
                self._fail(session, mail, str(error), now)
                return mail, None
            withheld = self.mode.withholds(mail.to_address)
            if withheld is not None:
                self._settle(session, mail, MailState.CANCELLED, now, detail=withheld, withheld=withheld)
                return mail, None
        return mail, letter

    def _render(self, mail: Mail, now: datetime) -> Letter:
        if mail.stream == Stream.MARKETING and "unsubscribe_url" not in mail.context:
            # Kept with the mail: a second try must be equal to the first to the letter.
            mail.context = {**mail.context, **self._ways_out(mail)}
        rendered = self.renderer.render(mail.name, locale=mail.locale, context=mail.context)
        no_more = mail.context["unsubscribe_url"] if mail.stream == Stream.MARKETING else None
        letter = self.renderer.letter(
            rendered, to=mail.to_address, key=mail.id, dated=now, unsubscribe_url=no_more
        )
        mail.subject, mail.message_id, mail.raw = letter.subject, letter.message_id, build_mime(letter)
        return letter

    def _ways_out(self, mail: Mail) -> dict[str, str]:
        if self.ways_out is None:
            raise MailNotRendered("a marketing mail needs a way to unsubscribe, and none is configured")
        return asdict(self.ways_out(mail))

    def _send(self, mail: Mail, letter: Letter) -> None:
        try:
            accepted = self.transport().send(letter)
        except MailDeferred as error:
            self._after(mail, self._retry, str(error), error.retry_after)
        except MailRefused as error:
            self._after(mail, self._fail, str(error))
        except MailInDoubt as error:
            self._after(mail, self._in_doubt, str(error))
        except Exception as error:  # a fault of ours, at a point that nobody knows
            self._after(mail, self._in_doubt, f"{type(error).__name__}: {error}")
            raise
        else:
            self._after(mail, self._sent, accepted.provider_id)

    def _after(self, mail: Mail, write: Callable[..., None], *args: Any) -> None:
        now = self.clock()
        with self.db.write() as session:
            write(session, mail, *args, now)

    def _set_back(self, mail_id: str, error: str) -> None:
        """A mail that could not even be made ready: it has not left, and is tried again like a deferred one."""
        now, real_now = self.clock(), self.db.now()
        with self.db.write() as session:
            mail = repository.claim(session, Mail, mail_id, now=now, real_now=real_now)
            if mail is not None:
                self._retry(session, mail, error, None, now)

    def _sent(self, session: Session, mail: Mail, provider_id: str | None, now: datetime) -> None:
        self._settle(session, mail, MailState.SENT, now, provider_id=provider_id)

    def _fail(self, session: Session, mail: Mail, error: str, now: datetime) -> None:
        if _may_have_left(mail):
            self._doubt(session, mail, f"{MAYBE_LEFT}; then: {error}", now)
        elif self._settle(session, mail, MailState.FAILED, now, detail=error):
            _ask(session, mail, "mail_failed", f"A mail was refused: {error}", now)

    def _in_doubt(self, session: Session, mail: Mail, error: str, now: datetime) -> None:
        """Some servers refuse a second copy under the same key for a time; only there is it tried again."""
        if mail.attempts < MAX_ATTEMPTS and now - mail.created_at < self.transport().resend_in_doubt_for:
            self._retry(session, mail, f"{MAYBE_LEFT}: {error}", None, now)
        else:
            self._doubt(session, mail, error, now)

    def _came_too_late(self, mail: Mail, now: datetime) -> bool:
        """Whether the server may by now take a mail that perhaps left before for a new one."""
        return _may_have_left(mail) and now - mail.created_at >= self.transport().resend_in_doubt_for

    def _doubt(self, session: Session, mail: Mail, error: str, now: datetime) -> None:
        if self._settle(session, mail, MailState.UNKNOWN, now, detail=error):
            _ask(session, mail, "mail_unknown", f"It may or may not have left: {error}", now)

    def _retry(self, session: Session, mail: Mail, error: str, wish: timedelta | None, now: datetime) -> None:
        if mail.attempts >= MAX_ATTEMPTS:
            self._fail(session, mail, f"given up after {mail.attempts} tries: {error}", now)
            return
        if _may_have_left(mail) and not error.startswith(MAYBE_LEFT):
            error = f"{MAYBE_LEFT}; then: {error}"
        due_at = now + max(wish or timedelta(0), FIRST_RETRY * 2 ** (mail.attempts - 1))
        repository.settle(session, mail, mail.token, state=MailState.RETRY, due_at=due_at, error=error)

    def _stop(self, session: Session, mail: Mail, stop: Stop, now: datetime) -> None:
        if stop.until is None:
            self._settle(session, mail, MailState.CANCELLED, now, detail=stop.reason)
        else:
            # It was not tried: waiting must not use up the tries of a mail that is deferred later. And what
            # is known of an earlier try stays known.
            values: dict[str, Any] = {"due_at": stop.until, "attempts": mail.attempts - 1}
            values["error"] = mail.error if _may_have_left(mail) else stop.reason
            if stop.moved:
                values["wanted_at"] = stop.until
            repository.settle(session, mail, mail.token, state=MailState.QUEUED, **values)

    def _settle(
        self,
        session: Session,
        mail: Mail,
        state: MailState,
        now: datetime,
        *,
        detail: str | None = None,
        withheld: str | None = None,
        provider_id: str | None = None,
    ) -> bool:
        """Write the end of a mail and report it; False if its claim is another's by now."""
        values = {"settled_at": now, "error": detail, "withheld": withheld, "provider_id": provider_id}
        if not repository.settle(session, mail, mail.token, state=state, **values):
            return False
        if state in (MailState.SENT, MailState.UNKNOWN):
            counted = mail.purpose == MailPurpose.REMINDER
            log_mail(
                session,
                customer_id=mail.customer_id,
                mail_id=mail.id,
                at=now,
                name=mail.name,
                counted=counted,
                campaign=mail.campaign,
                case_id=mail.case_id,
                address_hash=hashed(session, mail.to_address),
            )
        fact = MailSettled(
            mail.id, mail.case_id, mail.customer_id, mail.name, mail.purpose, state, now, detail, withheld
        )
        repository.report(session, fact, attempt=mail.attempts, now=now)
        log.info("mail.settled", mail=mail.id, state=state, name=mail.name)
        return True

    def _hold(self, mail_ids: Sequence[str], error: str) -> None:
        """The provider does not answer: nothing is sent on old knowledge, and after a time a person is told."""
        now = self.clock()
        with self.db.write() as session:
            for mail_id in mail_ids:
                mail = session.get(Mail, mail_id, with_for_update=True)
                if mail is None or mail.state not in repository.CLAIMABLE:
                    continue
                mail.held_since = mail.held_since or now
                mail.due_at = now + HOLD_RETRY
                mail.error = f"{MAYBE_LEFT if _may_have_left(mail) else 'held'}: {error}"
                if now - mail.held_since > HOLD_LIMIT:
                    _ask(
                        session,
                        mail,
                        "mail_held",
                        f"The provider has not answered for six hours: {error}",
                        now,
                    )

    def sweep(self) -> int:
        """Mails whose worker died on the way become `unknown`."""
        now, real_now = self.clock(), self.db.now()
        with self.db.write() as session:
            lost = repository.expired(session, Mail, real_now)
            for mail in lost:
                self._doubt(session, mail, "the worker stopped while it was being sent", now)
        return len(lost)


def _may_have_left(mail: Mail) -> bool:
    """Whether an earlier try of a mail that is to be tried again was left in doubt."""
    return (mail.error or "").startswith(MAYBE_LEFT)


def _ask(session: Session, mail: Mail, kind: str, detail: str, now: datetime) -> None:
    titles = {
        "mail_failed": "A mail could not be delivered",
        "mail_unknown": "Nobody knows whether a mail was delivered",
        "mail_held": "Mails wait for the payment provider",
    }
    open_task(
        session,
        key=f"{mail.id}:{kind}",
        kind=kind,
        title=titles[kind],
        detail=f"{mail.name}, {mail.id}: {detail}",
        case_id=mail.case_id,
        customer_id=mail.customer_id,
        now=now,
    )
