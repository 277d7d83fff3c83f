"""``python -m bench.write_divisions``: write the function's table of administrative divisions.

The table, divisions.json, holds the provinces and prefectures of the package GB2260 in 10 kB. The
package itself would add half a second and two megabytes to each cold start. The table keeps codes
that later revisions of GB/T 2260 dropped, because older invoices carry them.
"""

from __future__ import annotations

import json
from pathlib import Path

from gb2260.data import data

TABLE = Path(__file__).parents[1] / "handler" / "quota_invoice" / "invoice" / "divisions.json"
# Second-level entries of the standard that group counties and are not place names.
_GROUPS = ("市辖区", "市辖县", "县", "市", "省直辖", "自治区直辖", "省属虚拟市", "直辖")


def divisions() -> dict[str, str]:
    """Return the latest name by code: two digits for a province, four for a prefecture."""
    names: dict[str, str] = {}
    revisions = sorted((key for key in data if key is not None), key=lambda key: f"{key:0<6}")
    for revision in [*revisions, None]:  # None is the newest
        for code, name in data[revision].items():
            text = str(code)
            if text.endswith("0000"):
                names[text[:2]] = name
            elif text.endswith("00") and not name.startswith(_GROUPS):
                names[text[:4]] = name
    return dict(sorted(names.items()))


def text() -> str:
    """Return the content of the table."""
    return json.dumps(divisions(), ensure_ascii=False, indent=0) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
