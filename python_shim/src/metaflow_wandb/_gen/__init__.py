"""Generated code; see scripts/generate-python.sh."""
