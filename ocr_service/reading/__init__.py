"""Reads quota invoices (定额发票): an image in, its fields out.

Order of the work: ``text`` (boxes, direction, lines), ``fields`` (title, code, number, amount,
place, confidence), ``second_pass`` (if a field is missing or uncertain). ``reader`` runs them;
``title_detection`` and ``multi_invoice`` are for several invoices on one image.
"""
