#!/usr/bin/env bash
# Compares with W&B's own integration.
#
# usage: npm run golden:record                       records what it logs of test/golden/flows (a minute or two)
#        npm run upstream -- --source DIR [--record]  runs the flows and unit tests in a checkout of wandb/wandb
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test
bash scripts/build.sh

what="${1:-}"
case "$what" in
  record | upstream)
    shift
    exec node_modules/.bin/tsx "test/golden/$what.ts" "$@"
    ;;
  *)
    sed -n '2,5p' "$0" >&2
    exit 2
    ;;
esac
