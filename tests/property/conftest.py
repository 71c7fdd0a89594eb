"""Profiles of hypothesis that the command line may name."""

from tests.kit import routing_depth

__all__ = ["routing_depth"]
