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
parts=(flows 'parts, a to m' 'parts, n to z')
python -m pytest "$shapes" >"$logs/0" 2>&1 &
pids+=($!)
run_pytest --ignore="$shapes" --ignore-glob='*/test_[n-z]*' >"$logs/1" 2>&1 &
pids+=($!)
run_pytest --ignore="$shapes" --ignore-glob='*/test_[a-m]*' >"$logs/2" 2>&1 &
pids+=($!)

verdict() { if (($1 == 0)); then echo passed; else echo "FAILED ($1)"; fi; }
last_line() { tail -n 1 "$1" | tr -d '=' | xargs; }

status=0
run_vitest || status=$?
summary="$(printf '\nTypeScript (vitest): %s' "$(verdict "$status")")"
for index in "${!pids[@]}"; do
  part_status=0
  wait "${pids[$index]}" || part_status=$?
  cat "$logs/$index"
  summary+="$(printf '\nPython (pytest), %s: %s: %s' "${parts[$index]}" "$(verdict "$part_status")" "$(last_line "$logs/$index")")"
  ((part_status == 0)) || status=1
done
printf '%s\n' "$summary"
exit "$status"
