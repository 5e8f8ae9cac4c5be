"""The `[experiments]` table: what is refused, and with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.configuration import Configuration, load
from app.core.errors import ConfigurationError
from app.experiments.policy import DunningControl


def read(folder: Path, text: str) -> Configuration:
    path = folder / "reclaim.toml"
    path.write_text(text)
    return load(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        read(folder, text)
    return str(error.value).removeprefix(str(folder / "reclaim.toml"))


def test_nobody_is_held_out_until_the_operator_says_so(tmp_path: Path) -> None:
    found = read(tmp_path, "").experiments
    assert (found.holdout_share, found.dunning_control) == (0, "minimal")


@pytest.mark.parametrize("share", [-0.1, 0.51, 1])
def test_more_than_half_cannot_be_held_out(tmp_path: Path, share: float) -> None:
    told = refusal(tmp_path, f"[experiments]\nholdout_share = {share}")
    assert told.startswith(":2: experiments.holdout_share: ")


def test_the_providers_mails_count_as_a_control_arm_once_the_operator_has_seen_that_they_arrive(
    tmp_path: Path,
) -> None:
    text = '[experiments]\nholdout_share = 0.2\ndunning_control = "platform"\n'
    told = refusal(tmp_path, text)
    assert told.startswith(":1: experiments: ")
    assert "reach the customers who are held out" in told
    assert "platform_mails_confirmed = true" in told
    confirmed = read(tmp_path, text + "platform_mails_confirmed = true\n")
    assert confirmed.experiments.dunning_control is DunningControl.PLATFORM


@pytest.mark.parametrize("table", ["cancellation", "winback"])
def test_a_campaigns_own_share_is_refused_with_the_key_in_its_place(tmp_path: Path, table: str) -> None:
    told = refusal(tmp_path, f"# ours\n[{table}]\nholdout_share = 0.2\n")
    assert told.startswith(f":3: {table}.holdout_share: ")
    assert told.endswith("set holdout_share in [experiments]")
