"""The review page: people compare doubtful invoices with their images."""
