#!/usr/bin/env bash
# Measures the sidecar's memory against the size of an artifact, the number of streams and the backlog.
#
# usage: npm run bounds [-- --only artifact|streams|backlog] [--scale FRACTION]
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test >&2
bash scripts/build.sh >&2
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
unset "${!WANDB_@}" "${!METAFLOW_@}"
export METAFLOW_USER=tester
exec tsx test/bounds/main.ts "$@"
