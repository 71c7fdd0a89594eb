"""Who is offered to whom: pure policy in Python, atomic steps in Lua, the only place for Redis.

Redis is an index that can be rebuilt from PostgreSQL at any moment: nothing
is acknowledged on it alone, and losing all of it loses no contact.
"""
