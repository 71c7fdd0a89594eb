"""How deep the stateful tests of routing look: a bounded while in every run, long by hand.

    pytest tests/property/test_routing_steps.py --timeout 0 --hypothesis-profile=deep

gives them thirty times the examples, other ones each time. The short run takes
the same ones each time and prints a failing one as it came, for making it small
may take minutes: `--timeout 0 --hypothesis-profile=small` does that.
"""

from hypothesis import HealthCheck, Phase, settings

DEEP = 30
SMALL, LONG = "small", "deep"

for profile in (SMALL, LONG):
    settings.register_profile(profile, settings(deadline=None, print_blob=True))


def stateful_settings(examples: int, steps: int) -> settings:
    """Return the same `examples` each time, of `steps` at most; in a deep run many new ones."""
    profile = settings.get_current_profile_name()
    is_deep = profile == LONG
    phases = [Phase.generate] if profile not in (SMALL, LONG) else [Phase.generate, Phase.shrink]
    return settings(
        max_examples=examples * DEEP if is_deep else examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not is_deep,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
