"""Calls: their life from the first ring to the last callback."""
