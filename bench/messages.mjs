// @ts-check
// node bench/messages.mjs [BOARDS] [SECONDS] [sqlite] [postgres]: simulated boards that send a message a second each, through a real
// mosquitto into the store; `--keep` writes the figures into docs/performance.md. The collector and the store are the product's; the boards are frames on one MQTT connection.
import { cpSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { forNode } from '../scripts/programs.mjs';
import { root, startMosquitto, startPostgres, tempDir } from '../test/lab/index.mjs';
import { keep } from './page.mjs';

const numbers = process.argv.slice(2).filter((arg) => /^\d+$/.test(arg));
const named = process.argv.slice(2).filter((arg) => /^[a-z]+$/.test(arg));
const [boards = 1_000, seconds = 60] = numbers.map(Number);
const dir = tempDir('bench-messages');

await esbuild.build({
  ...forNode,
  entryPoints: {
    store: 'src/core/store/storeWorker.ts',
    storePg: 'src/core/store/pgWorker.ts',
    driver: 'bench/messagesDriver.ts',
  },
  outdir: dir,
});
const wasm = 'node-sqlite3-wasm.wasm';
cpSync(join(root, 'node_modules/node-sqlite3-wasm/dist', wasm), join(dir, wasm));
const { default: driver } = await import(pathToFileURL(join(dir, 'driver.js')).href);

/** @type {string[]} */
const lines = [];
const say = (/** @type {string} */ line) => {
  lines.push(line);
  console.log(line);
};
say(
  `${boards} simulated boards, 1 message a second each, ${seconds} s, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)})`,
);
for (const kind of named.length > 0 ? named : ['sqlite', 'postgres']) {
  const broker = await startMosquitto({
    config: ['max_queued_messages 0', 'set_tcp_nodelay true'],
  });
  const server = kind === 'postgres' ? await startPostgres() : undefined;
  const worker = join(dir, server ? 'storePg.js' : 'store.js');
  const file = join(dir, `${kind}.db`);
  const result = await driver.measure({
    ...{ boards, seconds, broker: broker.url, worker, file },
    ...(server ? { url: server.url } : {}),
  });
  say(`${kind}: ${result}`);
  await broker.stop();
  await server?.stop();
}
if (process.argv.includes('--keep')) keep('messages', lines.map((line) => `- ${line}`).join('\n'));
