from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules import zone_for
from app.contacts.rules.place import language_for


@pytest.mark.parametrize(
    ("own", "country", "name", "source"),
    [
        ("Europe/Berlin", "US", "Europe/Berlin", "provider"),
        ("Mars/Base", "JP", "Asia/Tokyo", "country"),
        ("", "jp", "Asia/Tokyo", "country"),
        (None, "NP", "Asia/Kathmandu", "country"),
        (None, "US", "UTC", "default"),  # several times: no guess
        (None, "AU", "UTC", "default"),
        (None, "ZZ", "UTC", "default"),
        (None, None, "UTC", "default"),
        ("../../etc/passwd", None, "UTC", "default"),
        ("America", None, "UTC", "default"),
    ],
)
def test_the_zone_is_the_customers_then_the_countrys_then_the_default(
    own: str | None, country: str | None, name: str, source: str
) -> None:
    zone = zone_for(own, country, "UTC")
    assert (zone.name, zone.source) == (name, source)


def test_a_country_whose_zones_show_one_time_has_one() -> None:
    zone = zone_for(None, "DE", "UTC")
    assert (str(zone.info.utcoffset(None) or zone.name)[:7], zone.source) == ("Europe/", "country")


@given(st.none() | st.text(max_size=40), st.none() | st.text(max_size=4))
def test_whatever_is_told_gives_a_real_zone(own: str | None, country: str | None) -> None:
    assert zone_for(own, country, "Europe/London").info.key


@pytest.mark.parametrize(
    ("told", "own", "country", "tag", "source"),
    [
        ("de-AT", "fr", "US", "de-AT", "facts"),
        ("klingon!", "fr", "US", "fr", "provider"),
        (None, "pt_BR", None, "pt_BR", "provider"),
        (None, None, "AT", "de-AT", "country"),
        (None, None, "CH", "en", "default"),  # several languages: no guess
        (None, None, None, "en", "default"),
    ],
)
def test_the_language_is_the_merchants_word_then_the_providers_the_countrys_the_default(
    told: str | None, own: str | None, country: str | None, tag: str, source: str
) -> None:
    found = language_for(own, country, "en", told=told)
    assert (found.tag, found.source) == (tag, source)


def test_a_zone_that_the_merchant_told_goes_before_the_providers() -> None:
    zone = zone_for("Europe/Paris", "US", "UTC", told="Asia/Kathmandu")
    assert (zone.name, zone.source) == ("Asia/Kathmandu", "facts")
