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

# Side by side, since all mostly wait for the processes that they start; pytest's output comes after vitest's.
log="$(mktemp)"
pytest_pid=''
trap 'rm -f "$log"; [[ -z "$pytest_pid" ]] || kill "$pytest_pid" 2>/dev/null || true' EXIT
run_pytest --numprocesses 3 --dist loadfile >"$log" 2>&1 &
pytest_pid=$!

verdict() { if (($1 == 0)); then echo passed; else echo "FAILED ($1)"; fi; }
last_line() { tail -n 1 "$1" | tr -d '=' | xargs; }

vitest_status=0
run_vitest || vitest_status=$?
pytest_status=0
wait "$pytest_pid" || pytest_status=$?
pytest_pid=''
cat "$log"
printf '\nTypeScript (vitest): %s\nPython (pytest): %s: %s\n' \
  "$(verdict "$vitest_status")" "$(verdict "$pytest_status")" "$(last_line "$log")"
((vitest_status == 0 && pytest_status == 0))
