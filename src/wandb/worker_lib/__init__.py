"""Uploads task attempts with the official W&B client."""
