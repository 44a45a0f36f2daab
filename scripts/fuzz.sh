#!/usr/bin/env bash
# Sends random, mutated, disordered and abandoned streams and requests to a sidecar, and watches what it
# answers and takes of the machine. The same seed sends the same.
#
# usage: npm run fuzz -- [--cases N] [--seed S]
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test >&2
bash scripts/build.sh >&2
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
unset "${!WANDB_@}" "${!METAFLOW_@}"
export METAFLOW_USER=tester
exec tsx test/fuzz/main.ts "$@"
