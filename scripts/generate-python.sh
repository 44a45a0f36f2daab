#!/usr/bin/env bash
# Regenerates python_shim/src/metaflow_wandb/_gen: the protobuf messages and
# the table of value classes. Run it after a change to proto/ or to
# src/domain/classify.ts; `git diff --exit-code` afterwards shows staleness.
set -euo pipefail
cd "$(dirname "$0")/.."

out=python_shim/src/metaflow_wandb/_gen
python=${PYTHON:-python3}
# This generator's output loads with protobuf 4.25 and with the newest; what
# newer ones write demands a runtime as new as themselves.
generator=grpcio-tools==1.62.3
venv=${METAFLOW_WANDB_GENERATOR_VENV:-.cache/python-generator}

if ! "$venv/bin/python" -c 'import grpc_tools' 2>/dev/null; then
  "$python" -m venv "$venv"
  # grpcio-tools needs pkg_resources, which setuptools 81 dropped.
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$generator" 'setuptools<81'
fi

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
"$venv/bin/python" -m grpc_tools.protoc -I proto --python_out="$staging" --pyi_out="$staging" \
  metaflow_wandb/v1/ingest.proto
cp "$staging/metaflow_wandb/v1/ingest_pb2.py" "$staging/metaflow_wandb/v1/ingest_pb2.pyi" "$out/"

npx tsx scripts/generate-python-classes.ts > "$out/classes.py"
