#!/usr/bin/env bash
# Builds two wheels in python_shim/dist/: metaflow_wandb with the decorator, and metaflow_wandb_sidecar with the
# compiled sidecar, so that `pip install` of both is all that a user needs. What is in the second is chosen by
# python_shim/sidecar/hatch_build.py.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh build
bash scripts/build.sh

venv=.cache/wheel-builder
if ! "$venv/bin/python" -c 'import hatchling' 2>/dev/null; then
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -c requirements/constraints.txt hatchling
fi
rm -f python_shim/dist/*.whl
"$venv/bin/pip" wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --wheel-dir python_shim/dist ./python_shim ./python_shim/sidecar
du -h python_shim/dist/*.whl
