"""A ledger's counts and totals in words, for the terminal."""

from __future__ import annotations

from decimal import Decimal

from accounting.ledger.reconciliation import Reconciliation


def summary_lines(found: Reconciliation) -> list[str]:
    """Return the lines that are printed when a ledger is made."""
    states = [f"{count} {state}" for state, count in found.states.items() if count]
    lines = [
        f"{found.inputs} inputs: {', '.join(states) or 'none'}, {found.unexplained} unexplained",
        f"{_sum(found.counted)}, of which to review: {_sum(found.to_review)}",
        f"duplicates, not counted: {_sum(found.duplicates)}",
    ]
    reviews = [
        f"{count} {word.replace('_', ' ')}" for word, count in found.reviews.items() if count
    ]
    if reviews:
        lines.append(f"reviewed by people: {', '.join(reviews)}")
    if found.without_amount:
        lines.append(f"without an amount: {found.without_amount} invoices")
    if found.without_invoice:
        lines.append(f"inputs without an invoice, to review: {found.without_invoice}")
    if found.gone:
        lines.append(f"removed inputs with a record or failure, left out: {found.gone}")
    return lines


def yuan(amount: Decimal) -> str:
    """Return a sum for people.

    >>> yuan(Decimal("1234.50"))
    '￥1,234.50'
    """
    return f"￥{amount:,.2f}"


def _sum(found: tuple[int, Decimal]) -> str:
    """Return a number of invoices with their sum.

    >>> _sum((2, Decimal("60.00")))
    '2 invoices, ￥60.00'
    """
    count, amount = found
    return f"{count} invoice{'s' * (count != 1)}, {yuan(amount)}"
