"""What must be right before anything works, each thing with a verdict and a sentence."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app import migrate
from app.billing.models import Subscription
from app.billing.ports import ProviderReads
from app.bootstrap import Application
from app.core import gates
from app.core.clock import real_now
from app.core.errors import ProviderError, ReclaimError
from app.experiments.policy import DunningControl
from app.feedback import repository as feedback_rows
from app.feedback.rules import Alarm, alarm
from app.hooks import repository as hook_rows
from app.inbound.models import InboundEvent
from app.inbound.states import InboundState
from app.proof.advising import advices

NEEDED_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "coupon.deleted",
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.updated",
        "customer.updated",
        "invoice.marked_uncollectible",
        "invoice.paid",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "invoice.voided",
        "payment_method.attached",
        "payment_method.automatically_updated",
        "payment_method.detached",
        "payment_method.updated",
        "charge.dispute.created",
        "charge.refunded",
    }
)
MOST_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """`verdict` is ok, warn or FAIL."""

    verdict: str
    subject: str
    told: str


def examine(application: Application) -> Iterator[Finding]:
    """Run every check; one that breaks is a failure of its own and stops no other."""
    checks: list[tuple[str, Callable[[Application], Iterator[Finding]]]] = [
        ("configuration", _configuration),
        ("database", _database),
        ("webhooks", _webhooks),
        ("provider", _provider),
        ("mail", _mail),
        ("sending", _sending),
        ("callbacks", _callbacks),
        ("complaints", _complaints),
        ("hold-out", _hold_out),
        ("hooks", _hooks),
        ("reports", _reports),
    ]
    for subject, check in checks:
        try:
            yield from check(application)
        except (ReclaimError, OSError) as error:
            yield Finding("FAIL", subject, str(error))


def _configuration(application: Application) -> Iterator[Finding]:
    brand = application.config.brand
    yield Finding("ok", "configuration", f"brand {brand.name!r}, campaigns as in `reclaim config show`")
    if brand.support_email is None or brand.statement_descriptor is None:
        yield Finding(
            "warn",
            "brand",
            "set support_email and statement_descriptor, or a mail looks like fraud",
        )
    if application.settings.public_url.startswith("http://") and application.settings.expected_livemode:
        yield Finding("FAIL", "public URL", "live customers need https")
    _ = application.secret_keys
    yield Finding("ok", "secret keys", f"{len(application.secret_keys)} set; the first signs links")


def _database(application: Application) -> Iterator[Finding]:
    have, want = migrate.revision(application.db), migrate.newest()
    if have != want:
        yield Finding("FAIL", "schema", f"at {have}, this version needs {want}: run `reclaim migrate`")
        return
    yield Finding("ok", "schema", f"at {have}")
    skew = abs(application.db.now() - real_now())
    verdict = "ok" if skew <= MOST_SKEW else "FAIL"
    yield Finding(verdict, "clock skew", f"{skew.total_seconds():.1f} s between here and the database")
    with application.db.read() as session:
        if forced := session.scalar(select(func.count()).where(Subscription.forces_three_d_secure)):
            told = f"{forced} subscriptions demand 3-D Secure for every payment: their renewals fail for ever"
            yield Finding("warn", "3-D Secure loop", told)
        if reason := gates.paused(session):
            yield Finding("warn", "paused", reason)
        ignored = select(func.count()).where(InboundEvent.state == InboundState.IGNORED)
        if count := session.scalar(ignored):
            yield Finding(
                "warn", "other mode", f"{count} events of the other live mode or account were ignored"
            )


def _webhooks(application: Application) -> Iterator[Finding]:
    secrets = application.settings.webhook_secret_list
    if not secrets:
        yield Finding(
            "FAIL", "webhook secrets", "RECLAIM_STRIPE_WEBHOOK_SECRETS is not set: the route answers 503"
        )
    else:
        yield Finding("ok", "webhook secrets", f"{len(secrets)} set")


def _provider(application: Application) -> Iterator[Finding]:
    writes, reads = application.writes, application.reads
    if writes is None or reads is None:
        yield Finding(
            "warn", "provider key", "RECLAIM_STRIPE_API_KEY is not set: reasons are inferred, no card page"
        )
        return
    account = writes.account()
    mode = "live" if account.livemode else "test"
    yield Finding("ok", "provider key", f"account {account.account_id}, {mode} mode")
    wanted = f"{application.settings.public_url}/webhooks/stripe"
    endpoint = next((e for e in writes.webhook_endpoints() if e.url == wanted), None)
    if endpoint is None:
        yield Finding("FAIL", "webhook endpoint", f"none of the account leads to {wanted}")
    else:
        missing = set() if "*" in endpoint.event_types else NEEDED_EVENTS - set(endpoint.event_types)
        verdict = "FAIL" if missing or endpoint.status != "enabled" else "ok"
        told = f"{endpoint.status}, version {endpoint.api_version or 'of the account'}"
        yield Finding(
            verdict, "webhook endpoint", told + (f"; lacks {', '.join(sorted(missing))}" if missing else "")
        )
    yield from _permissions(reads)
    needed = application.config.experiments.dunning_control is DunningControl.PLATFORM
    told = "turn Stripe's failed-payment and expiring-card mails off, or customers get both"
    if needed:
        told = "see that Stripe's failed-payment mails reach who is held out, who hears nothing else at once"
    yield Finding("warn", "provider's own mails", f"cannot be read by API: {told}")


def _permissions(reads: ProviderReads) -> Iterator[Finding]:
    yesterday = real_now() - timedelta(days=1)
    tries: dict[str, Callable[[], Iterator[object]]] = {
        "read invoices": reads.open_invoices,
        "read subscriptions": lambda: reads.subscriptions(status="past_due"),
        "read events": lambda: reads.events_since(yesterday),
    }
    for subject, read in tries.items():
        try:
            next(read(), None)
        except ProviderError as error:
            yield Finding("FAIL", subject, str(error))
        else:
            yield Finding("ok", subject, "allowed")


def _mail(application: Application) -> Iterator[Finding]:
    _ = application.renderer
    parts = urlsplit(application.settings.mail_url)
    if parts.scheme in ("smtp", "smtps"):
        port = parts.port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25)
        with socket.create_connection((parts.hostname or "", port), timeout=5):
            yield Finding("ok", "mail server", f"{parts.hostname}:{port} answers")
    else:
        yield Finding("ok", "mail", f"by {parts.scheme}")
    domain = parseaddr(application.settings.mail_from)[1].rpartition("@")[2]
    if domain.endswith(("localdomain", "localhost", ".example")):
        yield Finding("warn", "sender", f"{domain} is no real domain: set RECLAIM_MAIL_FROM")
    else:
        yield Finding(
            "warn", "sender", f"see that {domain} has SPF, DKIM and DMARC records for your mail server"
        )


def _callbacks(application: Application) -> Iterator[Finding]:
    """Whether bounces and complaints can reach us, and who signs the mails."""
    settings = application.settings
    _ = application.transports  # reads the DKIM key
    shut = [door.path for door in application.mail_callbacks.doors() if door.admit is None]
    scheme = urlsplit(settings.mail_url).scheme
    wanted = {"resend": "/webhooks/mail/resend", "postmark": "/webhooks/mail/postmark"}.get(scheme)
    if wanted in shut or (scheme in ("smtp", "smtps") and len(shut) == 3):
        told = "no webhook of the mail provider is set up: bounces and complaints stay unknown"
        yield Finding("warn", "mail callbacks", told)
    else:
        yield Finding("ok", "mail callbacks", f"{3 - len(shut)} of 3 providers may call")
    if settings.dkim_domain and scheme not in ("smtp", "smtps"):
        yield Finding(
            "warn", "DKIM", f"RECLAIM_DKIM_* is for SMTP; mails by {scheme} are signed by the provider"
        )
    elif settings.dkim_domain:
        yield Finding("ok", "DKIM", f"mails are signed for {settings.dkim_domain}")


def _complaints(application: Application) -> Iterator[Finding]:
    with application.db.read() as session:
        for brake in feedback_rows.stopped(session):
            told = f"is stopped, {brake.reason}: `reclaim mail resume {brake.campaign}`"
            yield Finding("FAIL", f"campaign {brake.campaign}", told)
        for campaign, tally in feedback_rows.tallies(session, application.clock()).items():
            if alarm(tally) is not Alarm.NONE:
                yield Finding("warn", f"complaints of {campaign}", f"{tally.share} in seven days")


def _hooks(application: Application) -> Iterator[Finding]:
    """Whether what is to be told outside arrives: endpoints, chats."""
    with application.db.read() as session:
        found = hook_rows.endpoints(session)
    for endpoint in found:
        subject = f"{endpoint.kind} {endpoint.id}"
        if not endpoint.enabled:
            told = f"is told nothing more, {endpoint.disabled_reason}: `reclaim hooks enable {endpoint.id}`"
            yield Finding("FAIL", subject, told)
        elif endpoint.failing_since is not None:
            told = f"{endpoint.url} has failed {endpoint.failures} times since {endpoint.failing_since:%Y-%m-%d %H:%M}"
            yield Finding("warn", subject, told)
        elif endpoint.acknowledged_at is None:
            told = f"{endpoint.url} has acknowledged nothing yet: `reclaim hooks test {endpoint.id}`"
            yield Finding("warn", subject, told)
        else:
            yield Finding(
                "ok", subject, f"{endpoint.url} answered last on {endpoint.acknowledged_at:%Y-%m-%d}"
            )
    if application.config.alerts.high_value_minor and not application.settings.alert_url_list:
        yield Finding("warn", "alerts", "[alerts] is set, RECLAIM_ALERT_URLS is not: nobody hears of them")


def _reports(application: Application) -> Iterator[Finding]:
    owners = application.config.reports.owner
    if owners:
        yield Finding("ok", "monthly report", f"goes to {', '.join(owners)} on the first weekday of a month")
    else:
        yield Finding("warn", "monthly report", "goes to nobody: set owner in [reports]")


def _hold_out(application: Application) -> Iterator[Finding]:
    """What it would prove, cost and when, in the currency of most failures."""
    share = application.config.experiments.holdout_share
    with application.db.read() as session:
        found = advices(session, share, now=application.clock())
    if share:
        told = found[0].sentence if found else f"{share:.0%} are held out; no payment has failed lately"
        yield Finding("ok", "hold-out", told)
    else:
        wanted = found[0].share if found else "a share"
        told = f"nobody is held out, so nothing is proven: set [experiments] holdout_share to {wanted}"
        yield Finding("warn", "hold-out", f"{told}: {found[0].sentence}" if found else told)


def _sending(application: Application) -> Iterator[Finding]:
    mode = application.sending.mode
    told = {"live": "mails leave", "shadow": "everything is decided and recorded, nothing leaves"}
    yield Finding("ok" if mode == "live" else "warn", "sending", told.get(mode, "only to the allowlist"))
