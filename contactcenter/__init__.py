"""Edges and wiring of the helpline's contact centre."""
