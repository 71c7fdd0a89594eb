"""Who is offered to whom: the only place for Redis state."""
