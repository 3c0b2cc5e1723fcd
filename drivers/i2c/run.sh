#!/bin/sh
# Starts the module: what lies beside this file when it is packed, else what the build of the tree made; bundles first.
set -e
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=$(dirname "$self")/$target ;;
  esac
done
here=$(CDPATH= cd -P "$(dirname "$self")" && pwd)
name=${here##*/}
for folder in "$here" "$here/../../dist/drivers/$name"; do
  main=$folder/main.js
  bundle=$folder/module.cjs
  # In a tree where only the compiler ran since, the bundle is old.
  if [ -f "$bundle" ] && ! [ "$main" -nt "$bundle" ]; then main=$bundle; fi
  [ ! -f "$main" ] || break
done
if [ ! -f "$main" ]; then
  echo "$name: neither $here nor $folder has main.js or module.cjs; run: npm run build" >&2
  exit 1
fi
# One helper thread is enough. No flags of V8 here: under other flags than it was built with, Node.js compiles its own code anew at every start.
exec node --v8-pool-size=1 "$main" "$@"
