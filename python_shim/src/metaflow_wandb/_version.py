"""Version of the shim."""

VERSION = "0.1.0"
