"""The environment. Only the composition root reads it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_LINK_KEY = 32


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


class Settings(BaseSettings):
    """Every `RECLAIM_...` variable; docs/configuration.md explains each."""

    model_config = SettingsConfigDict(env_prefix="RECLAIM_", extra="ignore")

    database_url: str = "sqlite:///var/reclaim.db"
    public_url: str = "http://127.0.0.1:8000"
    secret_keys: str = ""
    link_keys: str = ""
    api_keys: str = ""
    stripe_api_key: str | None = None
    stripe_api_base: str | None = None
    stripe_webhook_secrets: str = ""
    stripe_livemode: bool | None = None
    stripe_reads_per_second: float = Field(25, gt=0)
    mail_url: str = Field(default_factory=lambda: f"file://{Path.cwd() / 'var' / 'mail'}")
    resend_webhook_secrets: str = ""
    postmark_webhook_logins: str = ""
    ses_topics: str = ""
    dkim_domain: str | None = None
    dkim_selector: str | None = None
    dkim_key: str | None = None
    sending: str | None = None
    hooks_allow_private: bool = False
    alert_urls: str = ""
    mail_from: str = "Reclaim <reclaim@localhost.localdomain>"
    mail_marketing_from: str | None = None
    mail_reply_to: str | None = None
    postal_address: str | None = None
    config: Path | None = None
    test_clock: bool = False
    log_level: str = "info"
    log_format: str | None = None

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("link_keys")
    @classmethod
    def _are_long(cls, value: str) -> str:
        # A short one is found by trying, from a single link, and then signs for every customer.
        if any(len(key) < SHORTEST_LINK_KEY for key in _parts(value)):
            raise ValueError(f"each key needs at least {SHORTEST_LINK_KEY} characters")
        return value

    @field_validator("alert_urls")
    @classmethod
    def _are_urls(cls, value: str) -> str:
        if any(not url.startswith(("http://", "https://")) for url in _parts(value)):
            raise ValueError("each must start with http:// or https://")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @cached_property
    def secret_key_list(self) -> list[str]:
        return _parts(self.secret_keys)

    @cached_property
    def link_key_list(self) -> list[str]:
        return _parts(self.link_keys)

    @cached_property
    def webhook_secret_list(self) -> list[str]:
        return _parts(self.stripe_webhook_secrets)

    @cached_property
    def resend_secret_list(self) -> list[str]:
        return _parts(self.resend_webhook_secrets)

    @cached_property
    def postmark_login_list(self) -> list[str]:
        return _parts(self.postmark_webhook_logins)

    @cached_property
    def ses_topic_list(self) -> list[str]:
        return _parts(self.ses_topics)

    @cached_property
    def alert_url_list(self) -> list[str]:
        return _parts(self.alert_urls)

    @cached_property
    def first_api_keys(self) -> list[str]:
        return _parts(self.api_keys)

    @property
    def sending_mode(self) -> str:
        """`shadow` unless told otherwise, but `live` where mails only become files."""
        return self.sending or ("live" if self.mail_url.startswith("file://") else "shadow")

    @property
    def expected_livemode(self) -> bool | None:
        """The mode is the key's; without a key the variable says it; None accepts both."""
        if self.stripe_api_key:
            return "_live_" in self.stripe_api_key
        return self.stripe_livemode
