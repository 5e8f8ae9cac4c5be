"""Who the merchant is to its customers: shown in every mail and on every page."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

HEX = r"^#[0-9a-fA-F]{6}$"


class Brand(BaseModel):
    """The `[brand]` table of reclaim.toml. A mail about a card from an unknown sender reads as a fraud,
    so the name, the support address and the words on the bank statement are in every one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("Your subscription", max_length=80)
    support_email: str | None = None
    website: str | None = None
    statement_descriptor: str | None = Field(None, max_length=22)
    logo_text: str | None = Field(
        None, max_length=40, description="shown where a logo would be; mails load no images"
    )
    accent: str = Field("#2456d6", pattern=HEX, description="buttons and links")
    accent_text: str = Field("#ffffff", pattern=HEX, description="text on the accent colour")
    signature: str | None = Field(
        None, max_length=120, description="who signs: a person reads better than a team"
    )
    default_locale: str = "en"
    default_time_zone: str = "UTC"
