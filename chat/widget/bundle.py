"""The page's modules as one classic script, made at start: it comes whole, or not at all.

Eight modules were eight requests, and one that failed left a page whose
buttons did nothing. Every module becomes a function of its own, so names do
not meet; comments and indentation stay in the sources. Pure.

Understood are the two forms the modules are written in:
`import { A, B } from "./other.js";` and `export` before a class, a function
or a const. Anything else is refused when the service starts.
"""

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:class|(?:async )?function|const) (\w+))", re.MULTILINE)
_ANY = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


class NotBundled(ValueError):
    """A module says something this does not understand, or the modules go in a circle."""


def bundle(modules: Mapping[str, str], first: str) -> str:
    """Return one script that runs the module named `first`, after those it imports.

    `modules` are sources by name, without `.js`. Raises NotBundled.
    """
    done: dict[str, str] = {}
    _add(first, modules, done, ())
    body = "".join(done.values())
    return f'(() => {{\n"use strict";\n{body}}})();\n'


def light(source: str) -> str:
    """Return a script without the lines that are comments, and without indentation."""
    lines = (line.strip() for line in source.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def _add(
    name: str, modules: Mapping[str, str], done: dict[str, str], importing: tuple[str, ...]
) -> None:
    if name in done:
        return
    if name in importing or name not in modules:
        raise NotBundled(f"{name}.js, imported by {importing[-1:]}")
    source = modules[name]
    for _names, other in _IMPORT.findall(source):
        _add(other, modules, done, (*importing, name))
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const { \1 } = module_\2;", source))
    if strange := _ANY.search(body):
        raise NotBundled(f"{name}.js: {strange[0]}")
    done[name] = f"const module_{name} = (() => {{\n{light(body)}return {{ {exported} }};\n}})();\n"
