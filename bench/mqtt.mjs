// @ts-check
// node bench/mqtt.mjs: measures one board behind the embedded broker. Compares uploads of 200,000 bytes by the agent's protocol
// (signed, verified on the board, renamed when complete) with the original mqboard's framing (1,400 bytes a message, in place,
// unverified), by the same MQTT client on the same MicroPython, in turns. Also measures the round trip of exec, and the bytes on
// the computer's and the board's wire for each byte of the file. Then compares the same work signed and encrypted with work that
// is only signed. Ratios above 1.0: ours is faster.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as dial, createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { agentModules } from '../scripts/buildAgent.mjs';
import { forNode } from '../scripts/programs.mjs';
import { pollUntil, root, startUboard, tempDir } from '../test/lab/index.mjs';
import { pythonSource } from './source.mjs';

const SIZE = 200_000;
const ROUNDS = 5;
const EXECS = 101;
const USER = 'fleet';
const PASSWORD = randomBytes(12).toString('hex');
const KEY = randomBytes(32);

const { LocalBroker, MqboardClient, boardLogin, silentLog, connect } = await bundle();
const broker = new LocalBroker(silentLog);
const status = await broker.start({
  port: 0,
  username: USER,
  password: PASSWORD,
  boardSecret: PASSWORD,
  lan: false,
});
const near = await meter(status.port); // between this computer and the broker
const far = await meter(status.port); // between the board and the broker
const agent = await agentFiles();
const { username: user, password } = boardLogin(PASSWORD, Buffer.from('ours').toString('hex'));
const login = { host: '127.0.0.1', port: far.port, user, password };
const ours = await startUboard({
  ...{ name: 'ours', heap: 1000, sizeKib: 8192 },
  files: {
    ...agent,
    '/mpyfleet/config.json': JSON.stringify({
      ...{ name: 'ours', broker: login, mode: 'signed', keys: { admin: KEY.toString('hex') } },
    }),
    '/main.py': 'import mpyfleet\nmpyfleet.start()\n',
  },
});
const responder = readFileSync(join(root, 'test/boards/rig/agent/mqboardResponder.py'), 'utf8')
  .replace('PORT', String(far.port))
  .replace('"client_id"', `"user": "${USER}", "password": "${PASSWORD}", "client_id"`);
const theirs = await startUboard({
  ...{ name: 'theirs', heap: 1000, sizeKib: 8192 },
  files: { ...agent, '/mpyfleet/__init__.py': '', '/main.py': responder },
});
const url = `mqtt://127.0.0.1:${near.port}`;
const host = await connect(url, USER, PASSWORD, KEY);
const secretly = await connect(url, USER, PASSWORD, KEY, 'required');
try {
  await main();
} finally {
  host.close();
  secretly.close();
  await ours.stop();
  await theirs.stop();
  near.stop();
  far.stop();
  await broker.stop();
}

async function main() {
  const uid = Buffer.from('ours').toString('hex');
  if (!(await pollUntil(async () => host.broker.presences.get(uid)?.on === true, 20_000)))
    throw new Error('the board does not come to the broker');
  const link = await host.link(uid);
  const legacy = new MqboardClient(host.broker.connection, 'old/board');
  await legacy.eval(Buffer.from('print(1)'));
  console.log(
    `${SIZE.toLocaleString('en')} bytes, median of ${ROUNDS} turns; bytes on the wire, both ways, for each byte of the file`,
  );
  for (const kind of ['random', 'source']) {
    const row = { ours: /** @type {Turn[]} */ ([]), theirs: /** @type {Turn[]} */ ([]) };
    for (let i = 0; i < ROUNDS; i++) {
      // Another file each time, because a file that the board already has is not sent again.
      const head = Buffer.from(`# ${i} ${randomBytes(8).toString('hex')}\n`);
      const content =
        kind === 'random'
          ? randomBytes(SIZE)
          : Buffer.concat([head, await pythonSource(SIZE)]).subarray(0, SIZE);
      row.ours.push(
        await turn(() =>
          link.withSession((/** @type {any} */ s) => s.native.write(`/${kind}.bin`, content)),
        ),
      );
      row.theirs.push(await turn(() => legacy.put(`/${kind}.bin`, content)));
      await same(content, `/${kind}.bin`);
    }
    const [a, b] = [median(row.ours), median(row.theirs)];
    console.log(
      `${kind.padEnd(7)} ours ${(a.s * 1000).toFixed(0)} ms (computer ${a.near.toFixed(2)}, board ${a.far.toFixed(2)}), ` +
        `original framing ${(b.s * 1000).toFixed(0)} ms (${b.near.toFixed(2)}, ${b.far.toFixed(2)}): ratio ${(b.s / a.s).toFixed(2)}`,
    );
  }
  const ms = await rounds(() => link.withSession((/** @type {any} */ s) => s.exec('pass')));
  console.log(`exec of "pass", round trip: ${ms.toFixed(1)} ms`);
  await encrypted(link, uid);
  await link.close();
  legacy.dispose();
}

/** Measures the cost of encryption: the same work in both kinds of session, in turns. @param {any} link @param {string} uid */
async function encrypted(link, uid) {
  if (!(await pollUntil(async () => secretly.broker.presences.get(uid)?.on === true, 20_000)))
    throw new Error('the board does not come to the broker');
  const hidden = await secretly.link(uid);
  if (!secretly.broker.client(uid).isEncrypted) throw new Error('the session is not encrypted');
  /** @type {[string, number, (files: any, session: any) => Promise<unknown>][]} */
  const works = [
    ['200 kB random up', 15, (files) => files.write('/enc.bin', randomBytes(SIZE))],
    ['200 kB random down', 15, (files) => files.read('/enc.bin')],
    ['exec of "pass"', EXECS, (_, session) => session.exec('pass')],
  ];
  for (const [what, rounds, work] of works) {
    /** @type {[number[], number[]]} */
    const times = [[], []];
    for (let i = 0; i < rounds; i++) {
      for (const [n, one] of [link, hidden].entries()) {
        await one.withSession(async (/** @type {any} */ session) => {
          const began = performance.now();
          await work(session.native, session);
          times[n]?.push(performance.now() - began);
        });
      }
    }
    const [signed = NaN, both = NaN] = times.map((t) => t.sort((a, b) => a - b)[rounds >> 1]);
    console.log(
      `${what}: signed ${signed.toFixed(1)} ms, encrypted too ${both.toFixed(1)} ms: ratio ${(signed / both).toFixed(2)}`,
    );
  }
  await hidden.close();
}

/** @typedef {{ s: number, near: number, far: number }} Turn */

/** Seconds, and bytes on each wire for a byte of the file. @param {() => Promise<unknown>} work @returns {Promise<Turn>} */
async function turn(work) {
  const before = [near.bytes(), far.bytes()];
  const began = performance.now();
  await work();
  const s = (performance.now() - began) / 1000;
  return {
    s,
    near: (near.bytes() - (before[0] ?? 0)) / SIZE,
    far: (far.bytes() - (before[1] ?? 0)) / SIZE,
  };
}

/** Both boards have the file as it was sent. @param {Buffer} content @param {string} path */
async function same(content, path) {
  for (const board of [ours, theirs]) {
    const there = (await board.files())[path];
    const hash = (/** @type {Buffer} */ b) => createHash('sha256').update(b).digest('hex');
    if (!there || hash(there) !== hash(content)) throw new Error(`${board.name}: ${path} differs`);
  }
}

/** @param {Turn[]} turns @returns {Turn} */
function median(turns) {
  return [...turns].sort((a, b) => a.s - b.s)[turns.length >> 1] ?? { s: NaN, near: NaN, far: NaN };
}

/** Milliseconds of one round trip: the median. @param {() => Promise<unknown>} work */
async function rounds(work) {
  const times = [];
  for (let i = 0; i < EXECS; i++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[EXECS >> 1] ?? NaN;
}

/** A wire that counts. @param {number} port */
async function meter(port) {
  let bytes = 0;
  const server = createServer({ noDelay: true }, (a) => {
    const b = dial({ port, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of /** @type {const} */ ([
      [a, b],
      [b, a],
    ])) {
      from.on('data', (chunk) => (bytes += chunk.length));
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    bytes: () => bytes,
    stop: () => server.close(),
  };
}

/** The agent, compiled, by path on the board. @returns {Promise<Record<string, string | Uint8Array>>} */
async function agentFiles() {
  const folder = join(root, 'board/agent');
  /** @type {Record<string, string | Uint8Array>} */
  const files = { '/mpyfleet/__init__.py': readFileSync(join(folder, 'shim.py')) };
  for (const [name, mpy] of await agentModules()) files[`/mpyfleet/a/${name}`] = mpy;
  return files;
}

async function bundle() {
  const outfile = join(tempDir('bench'), 'mqttDriver.cjs');
  await esbuild.build({ ...forNode, entryPoints: ['bench/mqttDriver.ts'], outfile });
  return await import(pathToFileURL(outfile).href);
}
