"""Evenings on virtual time: nodes die, the index is lost and rolled back, messages go astray.

Each runs as people run it, in a process of its own; what fails prints the
command that replays it.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


async def simulated(*words: str, hash_seed: str = "0") -> tuple[int, list[dict[str, Any]], str]:
    """Run the simulation; return its exit code, its verdicts and what it told."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.simulate", *words,
        cwd=ROOT,
        # Sets of text are walked in another order: nothing may hang on it.
        env={"PYTHONHASHSEED": hash_seed, "PATH": os.defpath},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, told = await process.communicate()
    verdicts = [json.loads(line) for line in output.decode().splitlines()]
    assert process.returncode is not None
    return process.returncode, verdicts, told.decode()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--busy", "--seed", "1", "--seeds", "1", "--hours", "0.5"), id="busy"),
        pytest.param(("--seed", "11", "--hours", "0.8"), id="calm"),
        pytest.param(("--busy", "--seed", "21", "--hours", "0.3", "--faults", "15"), id="rough"),
        pytest.param(
            ("--busy", "--seed", "300", "--seeds", "20", "--hours", "1"),
            id="many",
            marks=[pytest.mark.campaign, pytest.mark.timeout(900)],
        ),
    ],
)
async def test_no_law_is_broken_whatever_goes_wrong(words):
    code, verdicts, told = await simulated(*words)
    broken = [(one["seed"], one["shown"], one.get("replay")) for one in verdicts if one["broken"]]
    assert (code, broken) == (0, []), told
    for one in verdicts:
        assert one["contacts"] > 0
        assert set(one["faults"]) == {"kill", "refused", "rolled_back", "storm", "wiped"}
        assert all(one["messages"][mishap] for mishap in ("lost", "doubled", "held_up", "refused"))
    assert sum(one["laws"]["side_by_side"]["judged"] for one in verdicts) > 0


@pytest.mark.campaign
async def test_a_seed_takes_the_same_course_again():
    words = ("--busy", "--seed", "7", "--hours", "0.1", "--seeds", "2")
    _, first, _ = await simulated(*words, hash_seed="1")
    _, again, _ = await simulated(*words, hash_seed="2")
    assert first == again
    assert first[0]["digest"] != first[1]["digest"]


@pytest.mark.parametrize(
    ("sabotage", "law"),
    [
        ("loses_confirms", "offers_end_in_time"),  # and nobody repairs them
        pytest.param("never_sweeps", "offers_end_in_time", marks=pytest.mark.campaign),
        ("ignores_turns", "one_owner"),
    ],
)
async def test_a_broken_service_is_seen_to_break_its_law(sabotage, law):
    words = ("--busy", "--seed", "2", "--seeds", "2", "--hours", "0.5", "--sabotage", sabotage)
    code, verdicts, told = await simulated(*words)
    assert code == 1
    assert sum(one["laws"][law]["broken"] for one in verdicts) > 0
    for one in verdicts:
        if one["broken"]:
            assert f"python -m tests.simulate --seed {one['seed']}" in told
            assert one["replay"].endswith(f"--sabotage {sabotage}")
