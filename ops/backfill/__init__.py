"""Hand a backlog of inputs to the deployed function, which has a fleet of its own."""
