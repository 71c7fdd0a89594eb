"""Write docs/openapi.json and docs/schemas/live/: `python -m contactcenter.api [DOCS]`."""

import sys
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
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
