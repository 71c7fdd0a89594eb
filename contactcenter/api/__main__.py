"""Write docs/openapi.json and docs/schemas/live/: `python -m contactcenter.api [DOCS]`."""

from argparse import ArgumentParser
from pathlib import Path

from contactcenter.api.document import live_schemas, openapi_document
from contactcenter.api.routes import ENDPOINTS


def documents() -> dict[str, bytes]:
    """Return every generated document by its path under docs/."""
    live = {f"schemas/live/{name}": content for name, content in live_schemas().items()}
    return {"openapi.json": openapi_document(ENDPOINTS), **live}


def main(folder: Path) -> None:
    """Write them under `folder`, making what folders they need."""
    for name, content in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    arguments = ArgumentParser(description="Write the generated documents of the staff API.")
    arguments.add_argument("folder", nargs="?", type=Path, default=Path("docs"))
    main(arguments.parse_args().folder)
