"""The only wiring: settings and reclaim.toml in, a working application out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from app import configuration
from app.billing.ports import ObjectTranslator, ProviderPages, ProviderReads
from app.cancellation import ending
from app.cancellation.declarations_due import DeclarationWatch
from app.cancellation.declarations_mails import CancelLinks
from app.cancellation.due import GrantWatch
from app.cases.models import Case
from app.configuration import Configuration
from app.contacts.rules.policy import Terms
from app.core import auth, gates, log
from app.core.clock import Clock, real_now
from app.core.db import Database
from app.core.errors import ConfigurationError
from app.core.gates import SendingMode
from app.core.ids import new_secret
from app.core.links import LinkPurpose, LinkSigner, LinkSubject
from app.core.sealing import Sealer
from app.core.testclock import TestClock
from app.due import Watch
from app.dunning import charging
from app.expiring import charging as expiring_charging
from app.expiring.scan import CardScan
from app.guard import LiveGuard
from app.hooks import chat
from app.hooks.delivery import HookDelivery
from app.hooks.managing import HookDesk
from app.hooks.ports import HookWire
from app.hooks.rules.addresses import Reach
from app.integrations.hooks.wire import HttpWire
from app.integrations.mail.callbacks.desk import MailCallbacks
from app.integrations.mail.dkim_signing import signer_for
from app.integrations.mail.transports import ThreadTransports
from app.integrations.stripe.client import StripeConnection, connect
from app.integrations.stripe.contracts import StripeContracts
from app.integrations.stripe.envelope import read_envelope
from app.integrations.stripe.pages import StripePages
from app.integrations.stripe.reads import StripeReads
from app.integrations.stripe.returns import StripeReturns
from app.integrations.stripe.translate import translate, translate_object
from app.integrations.stripe.writes import StripeWrites
from app.offers import applying, following
from app.offers import service as offers
from app.offers.ports import ProviderContracts
from app.outbox.actions import ActionDelivery, Executor
from app.outbox.delivery import MailDelivery
from app.outbox.models import Mail
from app.outbox.ports import WaysOut
from app.outbox.render import MailRenderer
from app.pipeline import Setup
from app.portal.cancel.open_form_limits import FormLimits
from app.prefetch import Prefetch
from app.privacy import restricted
from app.privacy.restricted import Vault
from app.proof.watch import ProofWatch
from app.reports.watch import ReportWatch
from app.runner import Runner
from app.settings import Settings
from app.stats.rollups.keeper import FigureKeeper
from app.upkeep import Upkeep
from app.winback import checkouts
from app.winback.ports import ProviderReturns
from app.winback.scan import WinbackScan
from app.winback.settling import EXPIRE_CHECKOUT

SECRET_FILE = Path("var") / "secret_key"


@dataclass
class Application:
    """Everything that an entry point needs, made on first use."""

    settings: Settings
    config: Configuration
    make_secret: bool = False

    @cached_property
    def db(self) -> Database:
        url = self.settings.database_url
        if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return Database(url)

    @cached_property
    def clock(self) -> Clock:
        if not self.settings.test_clock:
            return real_now
        if self.settings.stripe_api_key and self.settings.expected_livemode:
            raise ConfigurationError("RECLAIM_TEST_CLOCK is refused with a live provider key")
        return TestClock(self.db)

    @cached_property
    def test_clock(self) -> TestClock:
        if not isinstance(self.clock, TestClock):
            raise ConfigurationError("there is no test clock: set RECLAIM_TEST_CLOCK=1")
        return self.clock

    @cached_property
    def secret_keys(self) -> list[str]:
        if self.settings.secret_key_list:
            return self.settings.secret_key_list
        if not self.make_secret:
            raise ConfigurationError(
                "RECLAIM_SECRET_KEYS is not set (only `reclaim serve` makes one by itself)"
            )
        if not SECRET_FILE.exists():
            SECRET_FILE.parent.mkdir(parents=True, exist_ok=True)
            SECRET_FILE.touch(mode=0o600)
            SECRET_FILE.write_text(new_secret())
        return [SECRET_FILE.read_text().strip()]

    @cached_property
    def links(self) -> LinkSigner:
        return LinkSigner(self.secret_keys, self.clock)

    @cached_property
    def vault(self) -> Vault:
        """Where an erasure puts what the law has us keep."""
        return Vault(Sealer(self.secret_keys, restricted.USE), self.config.retention.keep_legal_for)

    def card_link(self, case: Case) -> str:
        """A fresh link to the card page of a case."""
        subject = LinkSubject(case.customer_id, case.id, case.link_epoch)
        return f"{self.settings.public_url}/card/{self.links.sign(LinkPurpose.CARD, subject)}"

    def cancel_link(
        self, customer_id: str, subscription_id: str, purpose: LinkPurpose = LinkPurpose.CANCEL
    ) -> str:
        """A fresh link to the cancel page of a subscription."""
        subject = LinkSubject(customer_id, subscription_id, 0)
        return f"{self.settings.public_url}/cancel/{self.links.sign(purpose, subject)}"

    def not_me_link(self, customer_id: str, declaration_id: str) -> str:
        """Where a customer says that a declaration was not theirs."""
        subject = LinkSubject(customer_id, declaration_id, 0)
        return f"{self.settings.public_url}/not-me/{self.links.sign(LinkPurpose.NOT_ME, subject)}"

    def _case_link(self, purpose: LinkPurpose, case: Case) -> str:
        subject = LinkSubject(case.customer_id, case.id, case.link_epoch)
        return f"{self.settings.public_url}/{purpose}/{self.links.sign(purpose, subject)}"

    def ways_out(self, mail: Mail) -> WaysOut:
        """Where the reader of a marketing mail unsubscribes, and says what they want instead."""
        subject = LinkSubject(mail.customer_id, mail.id, 0)
        urls = [
            f"{self.settings.public_url}/{purpose}/{self.links.sign(purpose, subject)}"
            for purpose in (LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES)
        ]
        return WaysOut(*urls)

    @cached_property
    def setup(self) -> Setup:
        brand = self.config.brand
        terms = Terms(
            policy=self.config.contacts,
            default_zone=brand.default_time_zone,
            default_locale=brand.default_locale,
            postal_address=bool(self.settings.postal_address),
        )
        return Setup(
            self.config.dunning_policy,
            terms,
            self.card_link,
            self.config.alerts,
            experiments=self.config.experiments,
            expiring=self.config.expiring,
            cancellation=self.config.cancellation,
            offers=self.config.offers,
            cancel_link=partial(self.cancel_link, purpose=LinkPurpose.CANCEL_BY_MAIL),
            undo_link=lambda case: self._case_link(LinkPurpose.UNDO, case),
            survey_link=lambda case: self._case_link(LinkPurpose.SURVEY, case),
            winback=self.config.winback,
            return_link=lambda case: self._case_link(LinkPurpose.RETURN, case),
        )

    @cached_property
    def provider(self) -> StripeConnection | None:
        settings = self.settings
        if not settings.stripe_api_key:
            return None
        pace = settings.stripe_reads_per_second
        return connect(settings.stripe_api_key, api_base=settings.stripe_api_base, per_second=pace)

    @property
    def translate_object(self) -> ObjectTranslator:
        return translate_object

    @cached_property
    def reads(self) -> ProviderReads | None:
        return StripeReads(self.provider) if self.provider else None

    @cached_property
    def pages(self) -> ProviderPages | None:
        return StripePages(self.provider) if self.provider else None

    @cached_property
    def contracts(self) -> ProviderContracts | None:
        return StripeContracts(self.provider) if self.provider else None

    @cached_property
    def returns(self) -> ProviderReturns | None:
        return StripeReturns(self.provider) if self.provider else None

    @cached_property
    def writes(self) -> StripeWrites | None:
        return StripeWrites(self.provider) if self.provider else None

    @cached_property
    def renderer(self) -> MailRenderer:
        settings = self.settings
        return MailRenderer(
            self.config.brand,
            sender=settings.mail_from,
            reply_to=settings.mail_reply_to,
            postal_address=settings.postal_address,
            marketing_sender=settings.mail_marketing_from,
        )

    @cached_property
    def mail_callbacks(self) -> MailCallbacks:
        settings = self.settings
        return MailCallbacks(
            settings.resend_secret_list, settings.postmark_login_list, settings.ses_topic_list
        )

    @cached_property
    def sending(self) -> SendingMode:
        return SendingMode.parse(self.settings.sending_mode)

    @cached_property
    def hook_sealer(self) -> Sealer:
        """Keeps the secrets of webhook endpoints."""
        return Sealer(self.secret_keys, "hooks")

    @cached_property
    def hook_wire(self) -> HookWire:
        near = Reach.LOOPBACK if self.settings.test_clock else Reach.PUBLIC
        return HttpWire(Reach.PRIVATE if self.settings.hooks_allow_private else near)

    @cached_property
    def hooks(self) -> HookDelivery:
        return HookDelivery(self.db, self.clock, self.hook_wire, self.hook_sealer, self.sending)

    @cached_property
    def hook_desk(self) -> HookDesk:
        return HookDesk(self.hooks)

    @cached_property
    def transports(self) -> ThreadTransports:
        settings = self.settings
        dkim = signer_for(settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
        return ThreadTransports(settings.mail_url, dkim=dkim)

    def close(self) -> None:
        """Hang up on the mail server and the database; nothing may be under way."""
        self.runner.close()
        self.transports.close()
        self.db.dispose()

    @cached_property
    def runner(self) -> Runner:
        guard = LiveGuard(self.db, self.setup, self.clock, self.reads, translate_object)
        mails = MailDelivery(
            db=self.db,
            clock=self.clock,
            renderer=self.renderer,
            transport=self.transports,
            guard=guard,
            mode=self.sending,
            ways_out=self.ways_out,
        )
        executors: dict[str, Executor] = {}
        if self.reads and self.writes:
            executors[charging.USE_NEW_CARD] = charging.executor(self.reads, self.writes)
            executors[expiring_charging.SET_NEW_CARD] = expiring_charging.executor(self.reads, self.writes)
        if self.contracts:
            executors[offers.APPLY] = applying.executor(self.contracts)
            executors[following.DROP_UPGRADE] = applying.dropper(self.contracts)
            executors[ending.CANCEL] = ending.canceller(self.contracts)
            executors[ending.KEEP] = ending.keeper(self.contracts)
        if self.returns:
            executors[EXPIRE_CHECKOUT] = checkouts.executor(self.returns)
        return Runner(
            db=self.db,
            clock=self.clock,
            setup=self.setup,
            translate=translate,
            prefetch=Prefetch(self.reads, translate_object),
            mails=mails,
            actions=ActionDelivery(self.db, self.clock, executors),
            grants=GrantWatch(self.db, self.clock, self.setup),
            read_callback=self.mail_callbacks.read,
            hooks=self.hooks,
            declarations=DeclarationWatch(
                self.db, self.clock, self.setup.terms, CancelLinks(self.cancel_link, self.not_me_link)
            ),
            watches=self.watches,
        )

    @property
    def watches(self) -> list[Watch]:
        """What a worker sees to every so often, in this order."""
        config = self.config
        return [
            CardScan(self.db, self.clock, self.setup, self.reads, self.upkeep.store_live),
            WinbackScan(self.db, self.clock, self.setup),
            ProofWatch(self.db, self.clock),
            ReportWatch(self.db, self.clock, config.reports, config.brand, self.settings.public_url),
        ]

    @cached_property
    def form_limits(self) -> FormLimits:
        return FormLimits()

    @cached_property
    def figures(self) -> FigureKeeper:
        return FigureKeeper(self.db, self.clock)

    @cached_property
    def upkeep(self) -> Upkeep:
        return Upkeep(self.db, self.clock, self.reads, read_envelope, self.config.retention, self.vault)

    @property
    def cancelling(self) -> Setup:
        return self.setup

    @property
    def winning_back(self) -> Setup:
        return self.setup

    @property
    def actions(self) -> ActionDelivery:
        """The hands that carry out one change while a customer waits."""
        return self.runner.actions

    @property
    def provider_key_digest(self) -> str | None:
        """Tells one provider account and mode from another without keeping the key."""
        key = self.settings.stripe_api_key
        return hashlib.sha256(key.encode()).hexdigest()[:16] if key else None

    def keep_chats(self) -> None:
        """Make the chats those of this environment. A worker's to do: another command may run without the variable."""
        urls = self.settings.alert_url_list
        with self.db.write() as session:
            chat.keep_in_step(session, urls, lambda: self.hook_sealer, now=self.clock())

    def register(self) -> str | None:
        """Write down, or check, what this database is for; a reason if it has paused itself."""
        now = self.clock()
        with self.db.write() as session:
            auth.seed_keys(session, self.settings.first_api_keys, now=now)
            return gates.register(
                session, public_url=self.settings.public_url, provider_key=self.provider_key_digest, now=now
            )


def build(*, make_secret: bool = False, settings: Settings | None = None) -> Application:
    """Read the environment and reclaim.toml; raises ConfigurationError with all that is wrong."""
    settings = settings or Settings()
    log.configure(settings.log_level, settings.log_format)
    return Application(settings, configuration.load(settings.config), make_secret)
