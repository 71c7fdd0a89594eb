"""The staff API under /api/v1 and the live socket: the edge of the application services."""
