#!/bin/sh
# Writes the lock files anew from the .in files beside it: one for what runs, one for what develops, one for what is
# installed bare. Hashes are kept, addresses of indexes are not. Needs uv.
set -eu
cd "$(dirname "$0")"
common="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet"
uv pip compile $common run.in -o run.lock
uv pip compile $common dev.in -o dev.lock
uv pip compile $common --no-deps bare.in -o bare.lock
uv pip compile $common build.in -o build.lock
