#!/usr/bin/env bash
# Builds python_shim/dist/metaflow_wandb-VERSION-py3-none-any.whl with the compiled sidecar in it, so that
# `pip install 'WHEEL[sidecar]'` is all that a user installs. The files are chosen by python_shim/hatch_build.py.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh build
bash scripts/build.sh

venv=.cache/wheel-builder
if ! "$venv/bin/python" -c 'import hatchling' 2>/dev/null; then
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -c requirements/constraints.txt hatchling
fi
# A wheel without the sidecar would install, and then find nothing to start.
staging="$(mktemp -d)"
trap 'rm -rf "$staging"' EXIT
"$venv/bin/pip" wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --wheel-dir "$staging" ./python_shim
listing="$("$venv/bin/python" -m zipfile --list "$staging"/*.whl)"
if [[ "$listing" != *metaflow_wandb_sidecar/dist/main.js* ]]; then
  echo 'wheel: it holds no sidecar.' >&2
  exit 1
fi
mkdir -p python_shim/dist
mv "$staging"/*.whl python_shim/dist/
du -h python_shim/dist/*.whl
