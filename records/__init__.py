"""What must survive: the only place for PostgreSQL."""
