#!/usr/bin/env bash
# Compares with W&B's own integration, and with Metaflow without the decorator.
#
# usage: npm run golden:record                       records what it logs of test/golden/flows (a minute or two)
#        npm run upstream -- --source DIR [--record]  runs the flows and unit tests in a checkout of wandb/wandb
#        npm run metaflow-core -- --source DIR        runs the core test harness in a checkout of Netflix/metaflow
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test
bash scripts/build.sh

what="${1:-}"
case "$what" in
  record | upstream | metaflow-core)
    shift
    exec node_modules/.bin/tsx "test/golden/$what.ts" "$@"
    ;;
  *)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
