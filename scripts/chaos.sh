#!/usr/bin/env bash
# Runs real flows while everything around them is killed, cut, filled and broken, and then compares what
# flows computed, what the ledger says and what W&B holds. The same seed does the same things.
#
# usage: npm run chaos -- [--rounds N] [--seed S]
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test >&2
bash scripts/build.sh >&2
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
unset "${!WANDB_@}" "${!METAFLOW_@}"
export METAFLOW_USER=tester
exec tsx test/chaos/main.ts "$@"
