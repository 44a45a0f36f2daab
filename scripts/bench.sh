#!/usr/bin/env bash
# Measures what tracking costs, side by side with plain Metaflow and with W&B's own integration.
# Writes bench-results.json and prints a table. Wants a machine that does nothing else.
#
# usage: npm run bench [-- --only NAME]… [--rounds N] [--json]
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test >&2
bash scripts/build.sh >&2
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
unset "${!WANDB_@}" "${!METAFLOW_@}"
export METAFLOW_USER=tester
exec tsx bench/main.ts "$@"
