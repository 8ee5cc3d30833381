#!/usr/bin/env bash
# install.sh DIR newest|oldest: puts the VS Code server with its web client, and the Node that it is made for, into DIR (about
# two minutes). Both come from the npm registry; the server's native modules are compiled against that Node.
set -euo pipefail
dir=$(mkdir -p "${1:?usage: install.sh DIR newest|oldest}" && cd "$1" && pwd)
case $2 in
  newest) server=4.139.1 node=24.21.0 ;; # VS Code 1.139
  oldest) server=4.96.4 node=20.18.3 ;;  # VS Code 1.96, the first that package.json promises to run in
  *) echo "neither newest nor oldest: $2" >&2; exit 2 ;;
esac

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
# VS Code 1.96 takes one package from git, which the registry has as well, by the same name and version.
"$dir/node/bin/node" -e '
  const { readFileSync, writeFileSync } = require("node:fs");
  const file = "npm-shrinkwrap.json";
  const lock = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of Object.values(lock.packages))
    if (entry.resolved?.startsWith("git+")) delete entry.resolved, delete entry.integrity;
  writeFileSync(file, JSON.stringify(lock));
'
npm install --loglevel=error --no-audit --no-fund --omit=dev --ignore-scripts
# Its search program would come from GitHub unless it is there.
if [ -d node_modules/@vscode/ripgrep ]; then
  mkdir -p node_modules/@vscode/ripgrep/bin
  ln -sf /usr/bin/rg node_modules/@vscode/ripgrep/bin/rg
fi
npm rebuild --loglevel=error
"$dir/node/bin/node" out/server-main.js --version
