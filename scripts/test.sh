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
shapes=python_shim/tests/shapes
logs="$(mktemp -d)"
pids=()
trap 'rm -rf "$logs"; kill "${pids[@]}" 2>/dev/null || true' EXIT
python -m pytest "$shapes" >"$logs/shapes" 2>&1 &
pids+=($!)
run_pytest --ignore="$shapes" >"$logs/parts" 2>&1 &
pids+=($!)
vitest_status=0 shapes_status=0 parts_status=0
run_vitest || vitest_status=$?
wait "${pids[0]}" || shapes_status=$?
wait "${pids[1]}" || parts_status=$?
cat "$logs/parts" "$logs/shapes"

verdict() { if (($1 == 0)); then echo passed; else echo "FAILED ($1)"; fi; }
last_line() { tail -n 1 "$logs/$1" | tr -d '=' | xargs; }
printf '\nTypeScript (vitest):      %s\nPython (pytest), parts:   %s: %s\nPython (pytest), flows:   %s: %s\n' \
  "$(verdict "$vitest_status")" \
  "$(verdict "$parts_status")" "$(last_line parts)" \
  "$(verdict "$shapes_status")" "$(last_line shapes)"
((vitest_status == 0 && parts_status == 0 && shapes_status == 0))
