#!/usr/bin/env bash
# install.sh DIR: puts the VS Code server with its web client, and the Node it wants, into DIR (about two minutes).
# Both come from the npm registry; the server's native modules are compiled against that Node.
set -euo pipefail
dir=$(mkdir -p "${1:?usage: install.sh DIR}" && cd "$1" && pwd)
server=4.139.1 # VS Code 1.139
node=24.21.0   # the major version that this server is made for

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) echo "no Node $node on npm for $(uname -m)" >&2; exit 1 ;;
esac

cd "$dir"
echo '{ "private": true }' >package.json
npm install --loglevel=error --no-audit --no-fund --ignore-scripts "node-linux-$arch@$node" "code-server@$server"
ln -sfn "node_modules/node-linux-$arch" node
export PATH="$dir/node/bin:$PATH" npm_config_nodedir="$dir/node"
cd node_modules/code-server/lib/vscode
npm install --loglevel=error --no-audit --no-fund --omit=dev
"$dir/node/bin/node" out/server-main.js --version
