"""Corrections by people: entries that are only ever added, and the invoices as they stand then."""
