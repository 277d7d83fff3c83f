"""The API: what callers ask for by way of API Gateway, and what they are answered.

    answering   one request from routing to answer                 the way in
    routes      which path and method is which function            the table
    invoices, pages, uploads, about                                those functions
    requests    what bodies and parameters may say                 pure
    answers     what the gateway and browsers need to be told      pure
    openapi     all of it described

It is imported when the first caller comes: for an upload's event it would be paid for in vain.
"""

from quota_invoice.api.dispatch import answer

__all__ = ["answer"]
