"""The benchmark of the review page: the queue of many records."""
