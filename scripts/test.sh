#!/usr/bin/env bash
# Installs what the tests need, builds, and runs all of them with vitest and pytest.
#
# usage: npm test                        everything
#        npm test -- test/unit -t NAME   vitest alone, with these arguments
#        npm test -- python [ARGS]       pytest alone, with these arguments
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh test
bash scripts/build.sh
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"

# Tests reach the sidecars that they start themselves, never the user's own nor a real account.
unset "${!WANDB_@}" "${!METAFLOW_@}"
export METAFLOW_USER=tester # Metaflow refuses to run as root or without a name

run_vitest() { vitest run "$@"; }
run_pytest() { python -m pytest python_shim "$@"; }

case "${1:-}" in
  '') ;;
  python)
    shift
    run_pytest "$@"
    exit
    ;;
  *)
    run_vitest "$@"
    exit
    ;;
esac

vitest_status=0 pytest_status=0
log="$(mktemp)"
trap 'rm -f "$log"; kill "${pytest_pid:-}" 2>/dev/null || true' EXIT
# Side by side, since both mostly wait for the processes that they start; pytest's output comes after vitest's.
run_pytest >"$log" 2>&1 &
pytest_pid=$!
run_vitest || vitest_status=$?
wait "$pytest_pid" || pytest_status=$?
cat "$log"

verdict() { if (($1 == 0)); then echo passed; else echo "FAILED ($1)"; fi; }
printf '\nTypeScript (vitest): %s\nPython (pytest):     %s: %s\n' \
  "$(verdict "$vitest_status")" "$(verdict "$pytest_status")" "$(tail -n 1 "$log" | tr -d '=' | xargs)"
((vitest_status == 0 && pytest_status == 0))
