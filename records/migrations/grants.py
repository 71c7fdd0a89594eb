"""What the run-time role may do, table by table; everything else is refused to it.

Run after every migration, so a new table is closed until it is named here.
"""

INSERT_ONLY = ("public.audit", "public.audit_seal", "public.contact_event")

READ_ONLY = ("public.alembic_version",)

# Rows that legitimately go away while serving: expired tickets and sessions,
# links taken back, facts replaced, notes of what failed and works again.
DELETABLE = (
    "public.audit_unsealed",
    "public.blind_index",
    "public.case_contact",
    "public.case_person",
    "public.contact_correspondent",
    "public.contact_fact",
    "public.contact_person",
    "public.live_ticket",
    "public.set_aside",
    "public.staff_line",
    "public.staff_session",
    "public.staff_skill",
)

CHANGEABLE = (
    "keys.check_value",
    "keys.data_key",
    "public.case_file",
    "public.config_version",
    "public.contact",
    "public.contact_form",
    "public.conversation",
    "public.correspondent",
    "public.engagement",
    "public.follow_up",
    "public.form_version",
    "public.line",
    "public.listener",
    "public.message",
    "public.person",
    "public.presence_event",
    "public.queue_override",
    "public.staff",
)


def statements(role: str) -> list[str]:
    """Return the statements that give `role`, an already quoted identifier, its rights.

    Everything is taken away first, so that the result does not depend on
    what an earlier version granted.
    """
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public, keys FROM {role}",
        f"GRANT USAGE ON SCHEMA public, keys TO {role}",
        f"GRANT SELECT ON {', '.join(READ_ONLY)} TO {role}",
        f"GRANT SELECT, INSERT ON {', '.join(INSERT_ONLY)} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE ON {', '.join(CHANGEABLE)} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(DELETABLE)} TO {role}",
    ]
