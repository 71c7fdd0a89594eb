"""The blind index, made again from the write-ups that can still be opened."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from config.helpline.schema.records import FieldClass, Form
from records.database import Row, Transaction
from records.forms.values import search_words
from records.vault import SealDamaged, Sealed, Vault

PAGE = 50  # a write-up has up to 256 kB
_FIRST_ID = UUID(int=0)


@dataclass
class Rebuilt:
    """How many write-ups gave their words, and how many could not be opened."""

    indexed: int = 0
    shredded: int = 0
    damaged: int = 0


async def rebuild_blind_index(tx: Transaction, vault: Vault) -> Rebuilt:
    """Fill an empty blind index, page by page, in the given transaction.

    A write-up whose key was destroyed gives nothing, and neither does one
    that does not open: one damaged row must not stand in a restore's way.
    """
    searchable: dict[tuple[str, int], frozenset[str]] = {}
    rebuilt, after = Rebuilt(), _FIRST_ID
    while page := await tx.fetch("backup.sealed_forms", after, PAGE):
        for row, opened in zip(page, await _opened(tx, vault, page, rebuilt), strict=True):
            if opened is None:
                continue
            form = (row["form_id"], row["form_version"])
            if form not in searchable:
                searchable[form] = await _searchable(tx, *form)
            await _index(tx, vault, row, json.loads(opened), searchable[form])
            rebuilt.indexed += 1
        after = page[-1]["contact_id"]
    return rebuilt


async def _opened(
    tx: Transaction, vault: Vault, page: Iterable[Row], rebuilt: Rebuilt
) -> list[bytes | None]:
    opened: list[bytes | None] = []
    for row in page:
        place = Sealed(row["sealed"], "contact_form", "sealed", row["contact_id"])
        try:
            (value,) = await vault.open_all(tx, [place])
        except SealDamaged:
            rebuilt.damaged += 1
            value = None
        else:
            rebuilt.shredded += value is None
        opened.append(value)
    return opened


async def _searchable(tx: Transaction, form_id: str, version: int) -> frozenset[str]:
    form = Form.kept(await tx.fetch_value("form.version", form_id, version))
    return frozenset(each.id for each in form.fields if each.field_class is FieldClass.SEARCHABLE)


async def _index(
    tx: Transaction, vault: Vault, row: Row, values: Mapping[str, Any], searchable: frozenset[str]
) -> None:
    tokens = [
        (name, vault.blind_token(row["line_id"], name, word))
        for name, value in values.items()
        if name in searchable
        for word in search_words(value)
    ]
    if tokens:
        fields, marks = (list(column) for column in zip(*tokens, strict=True))
        await tx.execute("form.insert_tokens", row["contact_id"], row["line_id"], fields, marks)
