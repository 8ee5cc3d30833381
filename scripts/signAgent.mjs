// @ts-check
// Signs a release of the agent: node scripts/signAgent.mjs KEY.pem FOLDER VERSION
// KEY.pem is an ed25519 private key (openssl genpkey -algorithm ed25519 -out KEY.pem), FOLDER what `npm run build` writes to
// dist/agent. Writes FOLDER/agent.json and prints the public key, which goes into MPYFLEET_UPDATE_KEYS.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [keyFile, folder, version] = process.argv.slice(2);
if (keyFile === undefined || folder === undefined || version === undefined) {
  throw new Error('usage: node scripts/signAgent.mjs KEY.pem FOLDER VERSION');
}
const copy = readdirSync(join(folder, 'copy')).filter((name) => name.endsWith('.mpy'));
const names = ['shim.py', ...copy.sort().map((name) => `copy/${name}`)];
const hash = (/** @type {string} */ name) =>
  createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');
const files = Object.fromEntries(names.map((name) => [name, hash(name)]));
const manifest = JSON.stringify({ kind: 'mpyfleet-agent', version, files });
const key = createPrivateKey(readFileSync(keyFile));
const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
const publicKey = Buffer.from(x, 'base64url').toString('hex');
const signature = sign(null, Buffer.from(manifest), key).toString('base64');
const release = { manifest, signatures: { [publicKey]: signature } };
writeFileSync(join(folder, 'agent.json'), `${JSON.stringify(release, undefined, 2)}\n`);
console.log(publicKey);
