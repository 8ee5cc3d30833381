import { connectAsync } from 'mqtt';
import { MessageCollector } from '../src/core/apps';
import { Deferred, delay, systemClock } from '../src/core/async';
import { silentLog } from '../src/core/log';
import { Store } from '../src/core/store';
import { MqttBrokers } from '../src/transports/mqttBrokers';

interface Setup {
  readonly boards: number;
  readonly seconds: number;
  readonly broker: string;
  readonly worker: string;
  readonly file: string;
  readonly url?: string;
}

const MEGABYTE = 1024 * 1024;
/** Messages that are not stored within this silence, in milliseconds, are lost. */
const SILENCE_MS = 30_000;

/** Sends and collects messages, and counts the stored ones. @returns the figures in words */
export async function measure(setup: Setup): Promise<string> {
  const { boards, seconds, broker, worker, file, url } = setup;
  const secrets = {
    password: () => Promise.resolve(undefined),
    boardKey: () => Promise.resolve(undefined),
  };
  const hub = new MqttBrokers(secrets, silentLog);
  await hub.set({ id: 'bench', name: 'bench', url: broker }).connect();
  const limits = () => ({ maxBytes: 1e12, maxAgeMs: 1e12 });
  const store = new Store({ file, worker, limits, ...(url === undefined ? {} : { url }) });
  const collector = new MessageCollector(hub, store, silentLog);
  const wanted = boards * seconds;
  let stored = 0;
  let latest = 0;
  const ended = new Deferred<undefined>();
  let silence: { dispose(): void } | undefined;
  const untilSilence = () => {
    silence?.dispose();
    silence = systemClock.after(SILENCE_MS, () => ended.resolve(undefined));
  };
  collector.onDidStore((rows) => {
    stored += rows.length;
    latest = performance.now();
    if (stored >= wanted) ended.resolve(undefined);
    if (silence) untilSilence();
  });
  const sender = await connectAsync(broker);
  const began = performance.now();
  const cpu = process.cpuUsage();
  const memory: number[] = [];
  let behind = 0;
  for (let second = 0; second < seconds; second++) {
    // The boards of a second are spread over it, as real ones are.
    for (let part = 0; part < 10; part++) {
      for (let board = part; board < boards; board += 10) sendOne(sender, board, second + 1);
      const due = began + second * 1_000 + (part + 1) * 100;
      await delay(systemClock, Math.max(0, due - performance.now()));
    }
    behind = Math.max(behind, (second + 1) * boards - stored);
    memory.push(process.memoryUsage().rss / MEGABYTE);
  }
  const sent = performance.now();
  untilSilence();
  await ended.promise;
  silence?.dispose();
  await collector.idle();
  const { user, system } = process.cpuUsage(cpu);
  const share = ((user + system) / 10 / (performance.now() - began)).toFixed(0);
  const { rows } = await store.messages({ latest: true, limit: 1 });
  collector.dispose();
  await sender.endAsync(true);
  hub.dispose();
  await store.close();
  // The first tenth is for code that is compiled and buffers that grow to their size.
  const shares = [0.1, 0.5, 1].map((share) => memory[Math.ceil(memory.length * share) - 1] ?? 0);
  const [early = 0, middle = 0, late = 0] = shares;
  return [
    `${stored} of ${wanted} messages stored, the last ${((latest - sent) / 1_000).toFixed(1)} s after it was sent`,
    `at most ${behind} waited`,
    `${share} % of a core`,
    `memory (RSS): ${early.toFixed(0)} MB after a tenth, ${middle.toFixed(0)} MB in the middle, ${late.toFixed(0)} MB at the end`,
    `newest ${rows[0]?.data ?? 'none'}`,
  ].join('; ');
}

function sendOne(
  client: Awaited<ReturnType<typeof connectAsync>>,
  board: number,
  seq: number,
): void {
  const uid = `be${board.toString(16).padStart(6, '0')}`;
  const unix = Math.floor(Date.now() / 1_000);
  const head = {
    boot: '00000001',
    s: seq,
    n: 1,
    t: seq * 1_000,
    u: unix,
    drop: 0,
    app: 'bench',
    v: '1',
  };
  const payload = `${JSON.stringify(head)}\nD\t${seq * 1_000}\t{"n":${seq},"t":21.5}\n`;
  client.publish(`mpy/${uid}/msg`, payload, { qos: 0 });
}
