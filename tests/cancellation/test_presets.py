"""Which law's page is shown where: every country of the EEA, every state, and whatever else is in a country's field."""

from __future__ import annotations

import pytest

from app.cancellation.rules.presets import (
    FIXED_WORDS,
    PRESETS,
    OfferPlace,
    Preset,
    Whereabouts,
    preset_for,
    state_of,
)

UNION = (
    "AT BE BG CY CZ DK EE ES FI GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)  # without DE and FR
STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY"
).split()  # without MN


def name_of(country: str | None, region: str | None = None) -> str:
    return preset_for(Whereabouts(country, region)).name


@pytest.mark.parametrize("country", [*UNION, "IS", "LI", "NO", "AX", "EL", "IC", "EA"])
def test_the_economic_area_has_one_row_but_for_germany_and_france(country: str) -> None:
    assert name_of(country) == "EU"


@pytest.mark.parametrize("country", ["FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM"])
def test_french_departments_overseas_are_france(country: str) -> None:
    assert name_of(country) == "FR"


def test_countries_with_a_row_of_their_own() -> None:
    assert (name_of("DE"), name_of("GB"), name_of("UK"), name_of("XI")) == ("DE", "UK", "UK", "UK")


@pytest.mark.parametrize("spelling", ["de", " DE ", "De\n", "\tdE"])
def test_case_and_blanks_do_not_matter(spelling: str) -> None:
    assert name_of(spelling) == "DE"


@pytest.mark.parametrize(
    "country",
    [
        None, "", "  ", "ZZ", "Germany", "D", "EU", "CH", "CA", "JP", "BR", "JE", "GG", "IM", "GI", "SJ", "NC", "PF",
        "AW", "PR", "GU", "VI", "\u0130E", "D\u200bE",
    ],
)  # fmt: skip
def test_where_we_know_no_law_or_no_place_the_strictest_holds(country: str | None) -> None:
    assert name_of(country, "MN") == "STRICT"


@pytest.mark.parametrize("state", STATES)
def test_every_other_state_of_the_usa_follows_california(state: str) -> None:
    assert name_of("US", state) == "US-CA"
    assert name_of("usa", state.lower()) == "US-CA"


@pytest.mark.parametrize("region", ["MN", "mn", " Mn ", "Minnesota", "MINNESOTA", "US-MN", "us_mn", "MN."])
def test_minnesota_is_known_in_every_spelling(region: str) -> None:
    assert name_of("US", region) == "US-MN"


@pytest.mark.parametrize("region", [None, "", "  ", "PR", "GU", "AE", "XX", "Bavaria", "55401", "M N N"])
def test_the_usa_without_a_state_may_be_minnesota_and_is_strict(region: str | None) -> None:
    assert name_of("US", region) == "STRICT"


def test_names_of_states_are_read() -> None:
    assert (state_of("New York"), state_of("new-york"), state_of("District of Columbia")) == (
        "NY",
        "NY",
        "DC",
    )
    assert state_of("West Virginia") == "WV"
    assert len({state_of(s) for s in STATES}) == 50


def test_a_region_of_another_country_is_no_state() -> None:
    """A Delaware (DE) in Germany's column, or a Canadian MN, decides nothing."""
    assert name_of("FR", "MN") == "FR"
    assert name_of("CA", "MN") == "STRICT"


def test_there_are_seven_rows_each_with_its_source_and_version() -> None:
    assert list(PRESETS) == ["STRICT", "US-CA", "US-MN", "EU", "DE", "FR", "UK"]
    for name, preset in PRESETS.items():
        assert preset.name == name
        assert preset.version >= 1
        assert len(preset.source) > 20


@pytest.mark.parametrize("name", ["STRICT", "US-MN"])
def test_strict_and_minnesota_ask_before_an_offer(name: str) -> None:
    assert PRESETS[name].offer_place is OfferPlace.AFTER_PERMISSION


@pytest.mark.parametrize("name", ["STRICT", "US-MN", "DE"])
def test_after_one_no_there_is_no_second_offer(name: str) -> None:
    """Edge case 29."""
    assert PRESETS[name].most_offers == 1


def test_cancelling_comes_first_everywhere() -> None:
    """Edge case 35."""
    assert all(preset.cancel_first for preset in PRESETS.values())


def test_only_germany_has_the_bare_page_and_asks_nothing_on_the_way() -> None:
    assert [p.name for p in PRESETS.values() if p.bare_confirmation] == ["DE"]
    german = PRESETS["DE"]
    assert german.offer_place is OfferPlace.BEFORE_BUTTON
    assert not german.ask_reason
    assert FIXED_WORDS[german.first_button].text == "Verträge hier kündigen"
    assert FIXED_WORDS[german.confirm_button].text == "jetzt kündigen"
    assert FIXED_WORDS[german.withdraw_button].text == "Vertrag widerrufen"
    assert FIXED_WORDS[german.confirm_withdrawal_button].text == "Widerruf bestätigen"
    assert FIXED_WORDS[PRESETS["FR"].first_button].text == "résilier votre contrat"


def test_the_right_of_withdrawal_is_the_unions() -> None:
    """The United Kingdom's is not in force yet."""
    assert {p.name: p.withdrawal_days for p in PRESETS.values() if p.withdrawal_days} == {
        "EU": 14,
        "DE": 14,
        "FR": 14,
    }
    for preset in PRESETS.values():
        assert bool(preset.withdrawal_days) == bool(
            preset.withdraw_button and preset.confirm_withdrawal_button
        )


def test_the_notice_of_a_benefits_end_meets_california_and_visa_at_once() -> None:
    for preset in PRESETS.values():
        assert 3 <= preset.notice_to_days <= preset.notice_from_days <= 21
        assert preset.notice_to_days >= 7


def test_every_fixed_word_is_used() -> None:
    def keys(preset: Preset) -> set[str]:
        return {
            preset.first_button, preset.confirm_button, preset.withdraw_button, preset.confirm_withdrawal_button
        }  # fmt: skip

    assert set(FIXED_WORDS) <= set.union(*map(keys, PRESETS.values()))
