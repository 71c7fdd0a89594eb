"""The scale, the head starts, the factors."""

from collections.abc import Iterator
from itertools import pairwise

from config.helpline.schema.urgency import UrgencyRules
from config.helpline.sources import Mistake, repeated
from config.vocabulary import Urgency

URGENCY = "urgency.toml"


def wrong_scale(rules: UrgencyRules) -> Iterator[Mistake]:
    """Five levels, each once; a calmer one never has the larger head start."""
    for level in repeated(each.id for each in rules.levels):
        yield Mistake(URGENCY, f"levels[{level.name}].id", "is used twice")
    for level in Urgency:
        if level not in rules.head_starts_ms:
            yield Mistake(URGENCY, "levels", f"{level.name} is missing")
    # U1 has its own band: its head start orders nothing.
    ranked = sorted(
        (each for each in rules.levels if each.id is not Urgency.U1), key=lambda each: each.id
    )
    for graver, calmer in pairwise(ranked):
        if calmer.head_start_ms > graver.head_start_ms:
            reason = f"is larger than that of {graver.id.name}, which is more urgent"
            yield Mistake(URGENCY, f"levels[{calmer.id.name}].head_start_ms", reason)


def wrong_factors(rules: UrgencyRules) -> Iterator[Mistake]:
    """Ids once; what the service notices ticks one factor, not several."""
    for factor in repeated(each.id for each in rules.factors):
        yield Mistake(URGENCY, f"factors[{factor}].id", "is used twice")
    facts = [each.system for each in rules.factors if each.system is not None]
    for factor in rules.factors:
        if factor.system is not None and facts.count(factor.system) > 1:
            reason = f"{factor.system} ticks another factor too"
            yield Mistake(URGENCY, f"factors[{factor.id}].system", reason)
