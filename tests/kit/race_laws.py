"""What must hold after a race, read from PostgreSQL alone.

`WATCH` has PostgreSQL write down what a listener carries at the instant in
which each engagement is born, under the lock that the accept act takes: later
nobody could tell. The rest is read from the records themselves.
"""

import asyncpg

CONNECT_SECONDS = 10.0
QUERY_SECONDS = 60.0

WATCH = """
CREATE TABLE public.carried (listener_id uuid, calls bigint, chats bigint);
CREATE FUNCTION public.note_carried() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.carried
    SELECT NEW.listener_id, count(*) FILTER (WHERE channel = 'call'),
           count(*) FILTER (WHERE channel = 'chat')
      FROM engagement
     WHERE listener_id = NEW.listener_id AND state IN ('connecting', 'talking', 'wrap_up');
    RETURN NULL;
END $$;
CREATE TRIGGER note_carried AFTER INSERT ON engagement
    FOR EACH ROW EXECUTE FUNCTION public.note_carried();
"""

# Each counts what breaks the law of its name, given what it names.
LAWS = {
    "contacts_lost_or_doubled": ("SELECT abs($1 - count(*)) FROM contact", ("contacts",)),
    "contacts_not_closed": ("SELECT count(*) FROM contact WHERE state <> 'closed'", ()),
    "contacts_not_assigned_once": (
        """
        SELECT count(*) FROM contact
         WHERE turn <> 1 OR disposition <> 'non_content'
            OR (SELECT count(*) FROM engagement
                 WHERE engagement.contact_id = contact.contact_id) <> 1
            OR (SELECT count(*) FROM contact_event
                 WHERE contact_event.contact_id = contact.contact_id
                   AND kind = 'accepted') <> 1
            OR (SELECT count(*) FROM contact_event
                 WHERE contact_event.contact_id = contact.contact_id
                   AND kind = 'connected') <> 1""",
        (),
    ),
    "engagements_left_open": ("SELECT count(*) FROM engagement WHERE state <> 'done'", ()),
    "births_not_seen": ("SELECT abs($1 - count(*)) FROM public.carried", ("contacts",)),
    "births_above_capacity": (
        """
        SELECT count(*) FROM public.carried
         WHERE chats > $1 OR calls > 1 OR (calls > 0 AND chats > 0)""",
        ("chats_at_most",),
    ),
    "listeners_not_ready": ("SELECT count(*) FROM listener WHERE state <> 'ready'", ()),
}
TALKING = (
    "SELECT count(DISTINCT listener_id) FROM engagement"
    " WHERE channel = 'call' AND state IN ('connecting', 'talking')"
)
CLOSED = "SELECT count(*) FROM contact WHERE state = 'closed'"
FULLEST = "SELECT max(chats) FROM public.carried"


async def watch(admin_url: str) -> None:
    """Have PostgreSQL write down what is carried, from now on."""
    connection = await asyncpg.connect(admin_url, timeout=CONNECT_SECONDS)
    try:
        await connection.execute(WATCH, timeout=QUERY_SECONDS)
    finally:
        await connection.close(timeout=CONNECT_SECONDS)


async def broken_laws(admin_url: str, **given: int) -> dict[str, int]:
    """Return each broken law with how often it was; none is an empty answer."""
    found = {
        name: await counted(admin_url, statement, *(given[one] for one in wanted))
        for name, (statement, wanted) in LAWS.items()
    }
    return {name: count for name, count in found.items() if count}


async def counted(admin_url: str, statement: str, *args: int) -> int:
    """Return the one number of a statement."""
    connection = await asyncpg.connect(admin_url, timeout=CONNECT_SECONDS)
    try:
        return int(await connection.fetchval(statement, *args, timeout=QUERY_SECONDS) or 0)
    finally:
        await connection.close(timeout=CONNECT_SECONDS)
