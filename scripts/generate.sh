#!/usr/bin/env bash
# Writes what is generated from proto/ and from the classification table: TypeScript messages,
# the descriptors that gRPC reflection serves, and the Python side. Its results are committed.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh build
export PATH="$PWD/node_modules/.bin:$PATH"

buf generate
buf build --as-file-descriptor-set --exclude-source-info --output src/grpc/gen/descriptors.binpb
if [[ -f scripts/generate-python.sh ]]; then bash scripts/generate-python.sh; fi
