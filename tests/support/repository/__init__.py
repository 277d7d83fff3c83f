"""The repository itself, as its tests see it: pages, layers and imports."""
