#!/usr/bin/env bash
# Compiles src/ to dist/ and copies what the compiler leaves out. Quick where nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."

# dist/ mirrors src/: what was deleted there must not live on here.
stamp=dist/.built
if [[ -f "$stamp" && -z "$(find src proto tsconfig.json tsconfig.build.json package-lock.json scripts/build.sh -newer "$stamp" -print -quit)" ]]; then
  exit 0
fi

staging="$(mktemp -d dist.XXXXXX)"
trap 'rm -rf "$staging"' EXIT
touch "$staging/.built" # before compiling: what changes meanwhile is built next time
node_modules/.bin/tsc -p tsconfig.build.json --outDir "$staging"

# Files that the program reads at run time.
(cd src && find . -type f \( -name '*.py' -o -name '*.sql' -o -name '*.graphql' -o -name '*.binpb' -o -name '*.css' -o -name '*.html' \) -print0) |
  while IFS= read -r -d '' file; do
    install -D -m 0644 "src/$file" "$staging/$file"
  done

chmod 0755 "$staging" "$staging/main.js"
old="dist.old.$$"
if [[ -d dist ]]; then mv dist "$old"; fi
mv "$staging" dist
rm -rf "$old"
