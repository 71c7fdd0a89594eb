"""Conferences: who is in, who hears whom, what is told."""
