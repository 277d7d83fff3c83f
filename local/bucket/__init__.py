"""The bucket of the local cloud: SeaweedFS, its notifications, a proxy for curl."""
