"""Place of the compiled sidecar: `dist/`, and the npm packages that it runs on."""
