"""The cloud on a laptop: never deployed."""
