"""Starts a sidecar for a user who has none, from the process that launches a local run."""
