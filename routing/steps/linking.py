"""A step's text put together from its own file and the functions of the parts that it reaches.

A script makes its functions anew each time it runs, so those it never calls
cost it more than what it does: half of the time of an accept. Three kinds are
told apart: what the step reaches is made first; what it reaches only through a
name of its `-- rarely:` lines is made when one of these is first called; the
rest is left out.
"""

import re
from collections.abc import Iterable, Mapping

FUNCTION = re.compile(r"^(?:local )?function ([\w.]+)\(.*?^end$\n?", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\w+(?:\.\w+)?")
COMMENT = re.compile(r"--[^\n]*")
RARELY = re.compile(r"^-- rarely: (.*)$", re.MULTILINE)

LATE = """\
local function make_the_rest()
{functions}
end
local REST = {{ __index = function(module, name)
  make_the_rest()
  return rawget(module, name)
end }}
{modules}
"""


def linked(parts: str, own: str) -> str:
    """Return a step's whole text. Raises ValueError for a rare name that no part has."""
    bodies = {match[1]: match[0] for match in FUNCTION.finditer(parts)}
    rare = frozenset(name for told in RARELY.findall(own) for name in told.split())
    if strange := rare - bodies.keys():
        raise ValueError(f"rarely: {', '.join(sorted(strange))}: no such function")
    first = _reached(_names(FUNCTION.sub("", parts)) | _names(own), bodies, rare)
    late = _reached(rare, bodies, frozenset()) - first
    kept = FUNCTION.sub(lambda match: match[0] if match[1] in first else "", parts)
    rest = _made_late([bodies[name] for name in bodies if name in late], late)
    return f"{kept}\n{rest}\n{own}"


def _reached(names: Iterable[str], bodies: Mapping[str, str], closed: frozenset[str]) -> set[str]:
    """Return the functions reached from some names, not going through `closed` ones."""
    found: set[str] = set()
    names = set(names)
    while more := (names & bodies.keys()) - found - closed:
        found |= more
        names = {name for each in more for name in _names(bodies[each])}
    return found


def _made_late(functions: list[str], names: Iterable[str]) -> str:
    if not functions:
        return ""
    modules = sorted({name.partition(".")[0] for name in names if "." in name})
    return LATE.format(
        functions="".join(functions),
        modules="\n".join(f"setmetatable({module}, REST)" for module in modules),
    )


def _names(text: str) -> set[str]:
    return set(NAME.findall(COMMENT.sub("", text)))
