"""Tests of the review page: a package, whose files share one browser."""
