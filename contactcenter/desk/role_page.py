"""The first page of whoever takes no contacts: who they are, and what their role can do today, where.

The administration, data-protection and figures screens are not there yet. A
desk that may do nothing would only fail; this page says what is true until
they are.
"""

from aiohttp import web

from config.vocabulary import Role
from contactcenter.auth.access import principal_of
from contactcenter.auth.gates import roles_with
from contactcenter.desk.rendering import PAGES
from records.policy import Right

# What an account's role does on the machine of the service, as it is typed there.
COMMANDS = {
    Role.ADMINISTRATOR: (
        "user list",
        "user add",
        "user set",
        "user skills",
        "user reset",
        "user second-factor",
        "user disable",
        "user enable",
    ),
}


def takes_contacts(role: Role) -> bool:
    """Tell whether the desk is this role's: it may serve somebody."""
    return role in roles_with(Right.CONTACT_SERVE)


def role_page(request: web.Request) -> web.StreamResponse:
    """Answer the page of this account; what it names, its rights open."""
    pages = request.app[PAGES]
    staff, language = principal_of(request), pages.language(request)
    lines = [
        pages.label(line.name, language)
        for line in pages.helpline.lines
        if line.id in staff.line_ids
    ]
    return pages.render(
        request,
        "role.html",
        title=pages.catalog.t("desk.account_title", language),
        staff=staff,
        here="desk",
        lines=lines,
        commands=[
            (command, pages.catalog.t(f"desk.command_{command[5:].replace('-', '_')}", language))
            for command in COMMANDS.get(staff.role, ())
        ],
    )
