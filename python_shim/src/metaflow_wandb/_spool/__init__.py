"""Keeps attempts in files where no sidecar can be reached: see docs/spool-format.md."""
