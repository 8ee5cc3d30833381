// @ts-check
// Signs a release for updates over the air and prints the public key, which goes into the setting mpyFleet.updateKeys or into
// MPYFLEET_UPDATE_KEYS. KEY.pem is an ed25519 private key (openssl genpkey -algorithm ed25519 -out KEY.pem).
//
// node scripts/signRelease.mjs agent KEY.pem FOLDER VERSION [--whole]
//   FOLDER is a copy of dist/agent, which `npm run build` writes. Writes FOLDER/agent.json. With --whole it contains the files,
//   for places that offer single files, such as the releases of GitHub.
// node scripts/signRelease.mjs firmware KEY.pem IMAGE BOARD VERSION
//   BOARD is the name that boards give in sys.implementation._machine, with or without " with CHIP". Writes IMAGE.json.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const whole = process.argv.includes('--whole');
const [kind, keyFile, ...rest] = process.argv.slice(2).filter((word) => word !== '--whole');
const [place = '', ...more] = rest;
if (keyFile === undefined) usage();
const hash = (/** @type {string} */ path) =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

if (kind === 'agent' && more.length === 1) {
  const copy = readdirSync(join(place, 'copy')).filter((name) => name.endsWith('.mpy'));
  const names = ['shim.py', ...copy.sort().map((name) => `copy/${name}`)];
  const files = Object.fromEntries(names.map((name) => [name, hash(join(place, name))]));
  const contents = Object.fromEntries(
    names.map((name) => [name, readFileSync(join(place, name)).toString('base64')]),
  );
  const manifest = { kind: 'mpyfleet-agent', version: more[0], files };
  write(join(place, 'agent.json'), manifest, whole ? { contents } : {});
} else if (kind === 'firmware' && more.length === 2) {
  const [board, version] = more;
  const named = { board, version, file: basename(place), sha256: hash(place) };
  write(`${place}.json`, { kind: 'mpyfleet-firmware', ...named }, {});
} else {
  usage();
}

/** @param {string} path @param {object} content @param {object} rest */
function write(path, content, rest) {
  const manifest = JSON.stringify(content);
  const key = createPrivateKey(readFileSync(keyFile ?? ''));
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url').toString('hex');
  const signature = sign(null, Buffer.from(manifest), key).toString('base64');
  const release = { manifest, signatures: { [publicKey]: signature }, ...rest };
  writeFileSync(path, `${JSON.stringify(release, undefined, 2)}\n`);
  console.log(publicKey);
}

/** @returns {never} */
function usage() {
  throw new Error(
    'usage: signRelease.mjs agent KEY.pem FOLDER VERSION [--whole] | firmware KEY.pem IMAGE BOARD VERSION',
  );
}
