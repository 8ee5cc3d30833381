/** Signed releases of the agent and of firmware, as a publisher makes and serves them. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AGENT_VERSION } from '../../../../src/core/agent';
import { root } from '../../../lab/index.mjs';
import { agentFiles } from './board';

/** Signs with a key of its own. */
export class Publisher {
  readonly #pem: string;
  /** Its public key in hex. */
  key = '';

  /** @param folder where its files and its private key are */
  constructor(readonly folder: string) {
    mkdirSync(join(folder, 'copy'), { recursive: true });
    this.#pem = join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(this.#pem, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }

  /** Writes the agent of these sources as another version, and its signed manifest agent.json. */
  async agent(version: string, ...options: string[]): Promise<void> {
    for (const [path, data] of Object.entries(await agentFiles())) {
      const name = path.replace(/^\/mpyfleet\/a\//, '');
      if (name.endsWith('.mpy')) writeFileSync(join(this.folder, 'copy', name), data);
    }
    const main = join(this.folder, 'copy/main.mpy');
    const data = readFileSync(main);
    data.write(version, data.indexOf(AGENT_VERSION, 0, 'latin1'), 'latin1');
    writeFileSync(main, data);
    copyFileSync(join(root, 'board/agent/shim.py'), join(this.folder, 'shim.py'));
    this.#sign('agent', this.folder, version, ...options);
  }

  /** Writes an image that boards with flashHal.py take, and its signed manifest `NAME.json`. */
  firmware(name: string, board: string, version: string): void {
    const image = Buffer.alloc(20_000, 8);
    image[0] = 0xe9;
    image.writeUInt16LE(9, 12);
    writeFileSync(join(this.folder, name), image);
    this.#sign('firmware', join(this.folder, name), board, version);
  }

  #sign(kind: string, ...words: string[]): void {
    const [place = '', ...more] = words;
    const args = [join(root, 'scripts/signRelease.mjs'), kind, this.#pem, place, ...more];
    this.key = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
  }

  /** Serves its files over HTTP. */
  async serve(): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const site = createServer((request, response) => {
      const [, name = ''] = /^\/((?:copy\/)?[\w.-]+)$/.exec(request.url ?? '') ?? [];
      readFile(join(this.folder, name)).then(
        (data) => response.end(data),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
      stop: () => new Promise((resolve) => site.close(() => resolve())),
    };
  }
}
