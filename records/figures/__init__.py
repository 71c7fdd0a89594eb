"""Figures read from events: counts, never an id."""

from records.figures.levels import LevelFigure, LevelFigures

__all__ = ["LevelFigure", "LevelFigures"]
