"""Sends the inputs without a record to the deployed function, in asynchronous invocations."""
