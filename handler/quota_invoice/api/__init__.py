"""The API: requests of callers, by way of API Gateway.

    dispatch                        one request from route to response       start here
    routes                          which path and method has which handler  the table
    invoices, list_invoices,
    uploads, about                  the handlers
    requests                        bodies and parameters of requests        pure
    responses                       status, headers and JSON                 pure
    openapi/                        the description of all this

It is imported for the first API request only: an upload's cold start does not pay for it.
"""
