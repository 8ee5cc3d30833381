// Packs the extension into micropython-fleet-VERSION.vsix and checks its size. Packs the command line into
// mpyfleet-VERSION.tgz next to it. `npm run package` builds first.
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { packCli } from './npmPackage.mjs';

const LIMIT = 4_000_000; // bytes; what a newcomer downloads

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const path = `${name}-${version}.vsix`;
await createVSIX({ packagePath: path, dependencies: false });
const { size } = statSync(path);
console.log(`${path}: ${size} bytes (limit ${LIMIT})`);
if (size > LIMIT) {
  console.error(`The package is ${size - LIMIT} bytes too large.`);
  process.exitCode = 1;
}
const tgz = await packCli('.');
console.log(`${basename(tgz)}: ${statSync(tgz).size} bytes`);
