"""The doctor's look at what the engines can bear: connections, writes, memory, clocks."""

from config.errors import Misconfigured
from config.settings import POOL_OF_ROLE, Settings
from contactcenter.cli.doctor_engines import connected

# The production checklist's own: two processes of each role.
PROCESSES_OF_A_ROLE = 2
# For doctor, migrate, backup and `user` beside a busy service.
KEPT_FOR_COMMANDS = 5
# -1 stands for no limit, in both.
_SLOTS = """
    SELECT least(
               current_setting('max_connections')::int
             - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0),
               (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
               (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
           )
"""


async def connections(settings: Settings) -> str:
    """Return what two processes of each role may hold, and what the server has for them."""
    pools = {role: settings.pool_size([role]) for role in POOL_OF_ROLE}
    wanted = PROCESSES_OF_A_ROLE * sum(pools.values()) + KEPT_FOR_COMMANDS
    async with connected(settings) as connection:
        slots = int(await connection.fetchval(_SLOTS))
    said = (
        f"two processes of each role and our commands hold up to {wanted} connections; "
        f"this role may have {slots}"
    )
    if wanted > slots:
        raise Misconfigured([f"{said}: raise max_connections, or lower DATABASE_POOL_SIZE"])
    return said
