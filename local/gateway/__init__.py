"""API Gateway before the function: HTTP requests in, events to the function, HTTP responses out."""
