#!/usr/bin/env bash
# From a bare checkout to a real Metaflow flow's data in W&B's own client.
# Installs (the first time), builds, and runs `metaflow-wandb demo` with the given arguments.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh demo
bash scripts/build.sh
export PATH="$PWD/.venv/bin:$PATH"
exec node dist/main.js demo "$@"
