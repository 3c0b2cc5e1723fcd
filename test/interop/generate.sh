#!/usr/bin/env bash
# Writes the gauge API's code for Python and Go anew (both are committed). Needs python3, go and the two registries.
set -euo pipefail
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet grpcio-tools==1.76.0 grpclib==0.4.9 protobuf==6.33.5 'setuptools<81'
GOBIN="$tools" go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
GOBIN="$tools" go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
mkdir -p python/gen go/gen
PATH="$tools:$tools/venv/bin:$PATH" "$tools/venv/bin/python" -m grpc_tools.protoc --proto_path=proto \
  --python_out=python/gen --grpclib_python_out=python/gen \
  --go_out=go/gen --go_opt=module=acme --go-grpc_out=go/gen --go-grpc_opt=module=acme \
  acme/gauge/v1/gauge.proto
