"""What records say of people's reviews, in JSON Schema."""

from __future__ import annotations

from quota_invoice.api.openapi.json_schema import (
    BOOLEAN,
    COUNT,
    TEXT,
    TIME,
    Json,
    array_of,
    object_of,
    or_null,
)
from quota_invoice.reviews.entry import Verdict


def review() -> Json:
    """Return the schema of a record's member ``review``."""
    return {
        "description": "The entries of people's reviews of this input, of which the present "
        "invoices are the result; absent without any. `result` stays as the OCR service gave it. "
        "Conflicts are invoices that two people decided differently at the same moment; outdated "
        "entries are on another content or reading of the file.",
        **object_of(dict.fromkeys(("entries", "conflicts", "outdated"), COUNT)),
    }


def reviewed_invoice() -> dict[str, Json]:
    """Return the members of an invoice that a person has decided on."""
    members = {
        "verdict": {"enum": [None, *(verdict.value for verdict in Verdict)]},
        "by": TEXT,
        "at": TIME,
        "reason": TEXT,
        "read": {
            "description": "The OCR service's texts of the fields that were corrected.",
            "type": "object",
            "additionalProperties": TEXT,
        },
        "accepted": {
            "description": "The codes of findings that a person accepted.",
            **array_of(TEXT),
        },
        "is_by_hand": BOOLEAN,
        "conflict": {
            "description": "The entries that contradict each other, until somebody decides; the "
            "values are those before them.",
            **or_null(array_of(TEXT)),
        },
        "revision": TEXT,
    }
    return {
        "place": {"description": "Of an invoice that was entered by hand.", **COUNT},
        "review": {"description": "A person's decision.", **object_of(members)},
    }
