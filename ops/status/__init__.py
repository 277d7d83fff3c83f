"""The status of a stage, or of the local cloud, and the points that need a person."""
