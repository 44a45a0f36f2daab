#!/usr/bin/env bash
# Installs what this checkout needs, and nothing outside it: node_modules/ and .venv/.
# The same script serves a plain machine and the Dockerfile. A second run finds
# everything in place and takes well under a second.
#
# usage: scripts/install.sh MODE
#   runtime  npm packages without development ones; Python with W&B's client (the sidecar)
#   build    all npm packages; no Python
#   flows    no npm packages; Python with Metaflow and the shim (a machine that runs flows)
#   demo     all npm packages; Python with Metaflow, the shim, pandas and scikit-learn
#   test     demo, and what the tests need (torch, pytest, …)
#   dev      test, and the linters of `npm run check`
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'install: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Succeeds where node_modules/ already holds what package-lock.json asks for, whoever put it there.
npm_is_current() {
  [[ -f node_modules/.package-lock.json ]] || return 1
  OMIT_DEV="$1" node -e '
    const read = (file) => JSON.parse(require("fs").readFileSync(file, "utf8")).packages;
    const wanted = read("package-lock.json");
    const present = read("node_modules/.package-lock.json");
    const fits = ([path, entry]) =>
      path === "" || (process.env.OMIT_DEV === "yes" && entry.dev) ||
      (present[path] ? present[path].version === entry.version : Boolean(entry.optional || entry.devOptional));
    process.exit(Object.entries(wanted).every(fits) ? 0 : 1);'
}

install_npm() {
  local omit_dev="$1" args=(--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)
  command -v node >/dev/null || die "Node.js is missing: install version 20.20 or later (https://nodejs.org)."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 20) ? 0 : 1)' ||
    die "Node.js $(node --version) is too old: install version 20.20 or later (https://nodejs.org)."
  npm_is_current "$omit_dev" && return 0
  [[ "$omit_dev" == yes ]] && args+=(--omit=dev)
  say "npm packages …"
  npm ci "${args[@]}" >&2
}

# Prints the first Python from 3.10 on that can make virtual environments.
find_python() {
  local candidate path
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.10 python; do
    path="$(command -v "$candidate" 2>/dev/null)" || continue
    if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      echo "$path"
      return 0
    fi
  done
  die "no Python from 3.10 on with the venv module was found." \
    "Install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: PYTHON=/path/to/python3."
}

make_venv() {
  if .venv/bin/python -c 'import pip' 2>/dev/null; then return 0; fi
  local python
  python="$(find_python)"
  say "virtual environment .venv with $("$python" --version) …"
  "$python" -m venv --clear .venv
}

# pip without chatter. Warnings about where packages are looked for are noise; errors are kept.
quiet_pip() {
  local log status=0
  log="$(mktemp)"
  .venv/bin/python -m pip --disable-pip-version-check --no-input "$@" --quiet >"$log" 2>&1 || status=$?
  grep -v '^WARNING: Location' "$log" >&2 || true
  rm -f "$log"
  return "$status"
}

# Installs a requirement file and, where asked, the shim; a stamp of their contents makes the next run quick.
install_python() {
  local file="requirements/$1.txt" with_shim="$2" stamp=".venv/.installed-$1" inputs=(requirements)
  make_venv
  [[ "$with_shim" == yes ]] && inputs+=(python_shim/pyproject.toml)
  local wanted
  wanted="$(.venv/bin/python --version) $PWD $(find "${inputs[@]}" -type f -print0 | sort -z | xargs -0 cat | shasum_of)"
  if [[ ! -f "$stamp" || "$(cat "$stamp")" != "$wanted" ]]; then
    get_python "$file" "$with_shim"
    printf '%s' "$wanted" >"$stamp"
  fi
  # As pip does for what is not editable; where PYTHONDONTWRITEBYTECODE is set, each task would compile it anew.
  if [[ "$with_shim" == yes ]]; then .venv/bin/python -m compileall -q python_shim/src >&2 || true; fi
}

get_python() {
  local file="$1" with_shim="$2"
  say "Python packages of $file (the first time takes a minute or two) …"
  quiet_pip install -r "$file"
  if [[ "$with_shim" == yes ]]; then quiet_pip install --no-deps --editable python_shim; fi
}

shasum_of() { .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }

case "${1:-}" in
  runtime) install_npm yes && install_python sidecar no ;;
  build) install_npm no ;;
  flows) install_python demo yes ;;
  demo | test | dev) install_npm no && install_python "$1" yes ;;
  *)
    sed -n '2,13p' "$0" >&2
    exit 2
    ;;
esac
