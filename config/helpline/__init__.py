"""A helpline's own rules: read from TOML, checked whole, then frozen."""
