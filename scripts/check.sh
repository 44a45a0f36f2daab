#!/usr/bin/env bash
# Everything about the code that needs no run of it: format, lint, layers, types, protocol,
# generated code, scripts, container files. Prints one line a check, and the output of those that fail.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh dev
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"

failures=0
output="$(mktemp)"
before="$(mktemp -d)"
trap 'rm -rf "$output" "$before"' EXIT

check() {
  local name="$1" started=$SECONDS
  shift
  if "$@" >"$output" 2>&1; then
    printf 'ok    %-44s %3d s\n' "$name" $((SECONDS - started))
  else
    failures=$((failures + 1))
    printf 'FAIL  %-44s %3d s\n' "$name" $((SECONDS - started))
    sed 's/^/      /' "$output"
  fi
}

# Directories whose contents are generated, and committed.
generated=(src/grpc/gen python_shim/src/metaflow_wandb/_gen)

generated_is_current() {
  local dir
  for dir in "${generated[@]}"; do
    if [[ -d "$dir" ]]; then mkdir -p "$before/$dir" && cp -R "$dir/." "$before/$dir"; fi
  done
  bash scripts/generate.sh || return 1
  for dir in "${generated[@]}"; do
    [[ -d "$dir" ]] || continue
    diff -r --exclude=__pycache__ "$before/$dir" "$dir" ||
      { echo "$dir was out of date: commit the result of 'npm run generate'." && return 1; }
  done
}

# Paths of the Python code that people wrote.
python_paths() { git ls-files --cached --others --exclude-standard '*.py' | grep -v '/_gen/'; }
ruff_format() { python_paths | xargs ruff format --check --quiet; }
ruff_lint() { python_paths | xargs ruff check --quiet; }
shell_scripts() { shellcheck --severity=style scripts/*.sh .ci/run; }

check 'format and lint (TypeScript, JSON)' biome check --error-on-warnings .
check 'types (TypeScript)' tsc --noEmit -p .
check 'unused code and dependencies' knip
check 'protocol: lint' buf lint
check 'protocol: compatible with what was released' buf breaking --against proto/released.binpb
check 'generated code is current' generated_is_current
check 'format (Python)' ruff_format
check 'lint (Python)' ruff_lint
check 'types (Python)' pyright --pythonpath .venv/bin/python
check 'shell scripts' shell_scripts
check 'Dockerfile' hadolint Dockerfile
check 'compose file' check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

if ((failures > 0)); then
  echo "check: $failures of the checks failed."
  exit 1
fi
echo 'check: all is well.'
