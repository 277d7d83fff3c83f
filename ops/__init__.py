"""What an operator or a developer runs."""
