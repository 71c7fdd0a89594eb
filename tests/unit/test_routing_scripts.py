"""The Lua steps as files: headers, parts, and nothing that breaks on a Cluster."""

import re
from dataclasses import fields
from importlib import resources

import pytest

from routing.limits import Limits
from routing.steps.scripts import LIMIT, load_sources, sources_within

FOLDER = resources.files("routing").joinpath("lua")
STEPS = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".lua"))
PARTS = sorted(file.name for file in FOLDER.joinpath("parts").iterdir())


@pytest.mark.parametrize("name", STEPS)
def test_each_step_says_its_keys_arguments_and_answer(name: str) -> None:
    text = FOLDER.joinpath(name).read_text("utf-8")
    header = text[: re.search(r"^[^-]", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    assert header.startswith("-- uses: clock")
    assert "KEYS: {pool}:meta" in header
    assert "-- Returns" in header
    assert len(text.splitlines()) <= 300


def test_every_key_is_made_from_the_first_one() -> None:
    for name, text in load_sources().items():
        assert set(re.findall(r"KEYS\[(\d+)\]", text)) == {"1"}, name
        assert "'{" not in text.replace("'{pool}", ""), name


def test_limits_are_written_into_the_text_and_every_one_is_used() -> None:
    used = {name for text in load_sources().values() for name in LIMIT.findall(text)}
    assert used == {field.name for field in fields(Limits)}
    for name, (_, text) in sources_within(Limits(offer_ms=12_345)).items():
        assert not LIMIT.search(text), name
    assert "12345" in sources_within(Limits(offer_ms=12_345))["match"][1]


def test_each_set_of_limits_is_a_set_of_scripts_of_its_own() -> None:
    one, other = sources_within(Limits()), sources_within(Limits(offer_ms=1))
    assert one["match"][0] != other["match"][0]
    assert sources_within(Limits()) is one


def test_no_step_scans_or_reads_a_whole_set() -> None:
    forbidden = r"'(KEYS|SCAN|ZSCAN|HSCAN|SMEMBERS|SORT|ZRANGEBYLEX)'|ZRANGE[^\n]*-1\)"
    for name, text in load_sources().items():
        assert not re.search(forbidden, text), name


def test_parts_are_all_used() -> None:
    used = {
        word for file in STEPS for word in FOLDER.joinpath(file).read_text().split("\n")[0].split()
    }
    assert {part.removesuffix(".lua") for part in PARTS} <= used
