// @ts-check
// An SSH server for one test, and the system's ssh client set up for it without touching the user's keys and settings.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { lab, removeTempDir, tempDir } from './paths.mjs';
import { launch, run } from './process.mjs';

/**
 * Starts the server. `bin` is a folder for PATH whose `ssh` is the system's client, which knows two names of the server: `lab`,
 * whose host key it knows, and `stranger`, whose host key it does not know.
 * @returns {Promise<{ bin: string, stop: () => Promise<void> }>}
 */
export async function startSshd() {
  const { program = '', ssh = '', keygen = '' } = await ensure('sshd');
  const dir = tempDir('sshd');
  for (const key of ['host', 'user']) {
    await run([keygen, '-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', join(dir, key)]);
  }
  const server = await launch(
    [program, '-W', 'ignore', join(lab, 'sshd.py'), join(dir, 'host'), join(dir, 'user.pub')],
    { ready: /^port \d+$/ },
  );
  const port = server.line.split(' ')[1];
  const hostKey = readFileSync(join(dir, 'host.pub'), 'utf8');
  writeFileSync(join(dir, 'known'), `[127.0.0.1]:${port} ${hostKey}`);
  const all = [
    'Host *',
    'HostName 127.0.0.1',
    `Port ${port}`,
    'User lab',
    `IdentityFile ${join(dir, 'user')}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'GlobalKnownHostsFile none',
  ];
  const known = (/** @type {string} */ file) => `UserKnownHostsFile ${file}`;
  const hosts = ['Host lab', known(join(dir, 'known')), 'Host stranger', known('none')];
  writeFileSync(join(dir, 'config'), [...hosts, ...all, ''].join('\n'));
  const bin = tempDir('sshBin');
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec ${ssh} -F ${join(dir, 'config')} "$@"\n`);
  chmodSync(join(bin, 'ssh'), 0o755);
  return {
    bin,
    stop: async () => {
      await server.stop();
      await removeTempDir(dir);
      await removeTempDir(bin);
    },
  };
}
