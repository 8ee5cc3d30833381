import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import {
  BrokerConnection,
  type BrokerMessage,
} from '../../../src/transports/mqtt/brokerConnection';
import { mqttAddress } from '../../../src/core/parseAddress';
import { startMosquitto } from '../../lab/index.mjs';
import { connectHost, linkTo, startFar, type MqttFar } from '../rig/mqttRig';

type Fate = 'pass' | 'drop' | 'twice' | 'late';

/** Damages one in k frames of a connection, by a sequence that is always the same. */
class Mangler {
  what: Fate = 'pass';
  k = 1;
  direction: 'up' | 'down' = 'up';
  mangled = 0;
  #seed = 1;

  fate(direction: 'up' | 'down'): Fate {
    if (direction !== this.direction || this.what === 'pass') return 'pass';
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2 ** 31;
    if (Math.floor(this.#seed / 65_536) % this.k !== 0) return 'pass';
    this.mangled++;
    return this.what;
  }
}

const mangler = new Mangler();

/** The product's own connection, with faults. */
function mangleConnections(): () => void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- they are called on the connection below
  const { publish, listen } = BrokerConnection.prototype;
  let late: (() => void) | undefined;
  const through = (fate: Fate, deliver: () => void) => {
    if (fate === 'late') {
      late = deliver;
      return;
    }
    if (fate !== 'drop') deliver();
    if (fate === 'twice') deliver();
    late?.();
    late = undefined;
  };
  BrokerConnection.prototype.publish = function (topic, payload, options) {
    const send = () => publish.call(this, topic, payload, options);
    if (!topic.includes('/c/')) return send();
    // The protocol must repair what is lost with the connection.
    through(mangler.fate('up'), () => void send().catch(() => undefined));
    return Promise.resolve();
  };
  BrokerConnection.prototype.listen = function (filter, listener) {
    return listen.call(this, filter, (message: BrokerMessage) => {
      if (!message.topic.includes('/r/')) listener(message);
      else through(mangler.fate('down'), () => listener(message));
    });
  };
  return () => Object.assign(BrokerConnection.prototype, { publish, listen });
}

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let far: MqttFar;
let restore: () => void;

beforeAll(async () => {
  restore = mangleConnections();
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  far = await startFar(
    { url: mosquitto.url },
    { broker: { host: '127.0.0.1', port: mosquitto.port, backoff: [1, 2] } },
  );
});
afterEach(() => {
  mangler.what = 'pass';
});
afterAll(async () => {
  restore();
  await far.stop();
  await mosquitto.stop();
});

/** Opens a link with its files while `work` runs. */
async function withLink<T>(
  work: (link: Awaited<ReturnType<typeof openLink>>) => Promise<T>,
): Promise<T> {
  const link = await openLink(far);
  try {
    return await work(link);
  } finally {
    mangler.what = 'pass';
    await link.transport.close();
  }
}

async function openLink(where: Pick<MqttFar, 'brokers' | 'board'>) {
  const transport = linkTo(where);
  await transport.open(AbortSignal.timeout(20_000));
  const session = <T>(work: Parameters<typeof transport.withSession<T>>[0]) =>
    transport.withSession(work);
  return {
    transport,
    exec: (code: string) => session(async (s) => text(await s.exec(code))),
    write: (path: string, content: Uint8Array) =>
      session(async (s) => s.native?.write?.(path, content)),
    read: (path: string) => session(async (s) => Buffer.from((await s.native?.read?.(path)) ?? [])),
  };
}

describe.each(['up', 'down'] as const)('frames on the way %s', (direction) => {
  it.each([
    ['drop', 7],
    ['drop', 5],
    ['twice', 2],
    ['late', 3],
  ] as const)(
    '%s, one in %i: files are whole, code runs once, its output is whole',
    async (what, k) => {
      await withLink(async (link) => {
        await link.exec('n = 0');
        Object.assign(mangler, { what, k, direction, mangled: 0 });
        const content = randomBytes(30_000);
        await link.write('/fault.bin', content);
        expect((await link.read('/fault.bin')).equals(content)).toBe(true);
        for (let i = 1; i <= 5; i++) {
          const out = await link.exec('n += 1\nfor i in range(100): print(n, i)');
          const lines = Array.from({ length: 100 }, (_, j) => `${i} ${j}\r\n`);
          expect(out).toBe(lines.join(''));
        }
        expect(mangler.mangled).toBeGreaterThan(0);
      });
    },
    120_000,
  );
});

describe('other faults', () => {
  it('a board that is killed in the middle of an upload keeps the old file', async () => {
    await withLink(async (link) => {
      const old = randomBytes(3_000);
      await link.write('/kill.bin', old);
      const begun = new AbortController();
      const writing = link.transport
        .withSession(async (s) =>
          s.native?.write?.('/kill.bin', randomBytes(400_000), {
            onProgress: (done) => {
              if (done > 50_000) begun.abort();
            },
          }),
        )
        .catch((error: unknown) => error);
      await new Promise<void>((resolve) => {
        begun.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      const back = new Promise<void>((resolve) => {
        const before = far.broker.presences.get(far.board.uid)?.boot;
        const subscription = far.broker.onPresence(({ state }) => {
          if (!state.on || state.boot === before) return;
          subscription.dispose();
          resolve();
        });
      });
      await far.board.restart();
      await back;
      expect(await writing).toMatchObject({ code: 'connectionLost' });
      expect((await far.board.files())['/kill.bin']?.equals(old)).toBe(true);
    });
  }, 90_000);

  it('the broker restarts in the middle of an upload, which continues', async () => {
    await withLink(async (link) => {
      const content = randomBytes(600_000);
      let restarted: Promise<void> | undefined;
      await link.transport.withSession(async (s) =>
        s.native?.write?.('/restart.bin', content, {
          onProgress: (done) => {
            if (done > 100_000) restarted ??= mosquitto.restart();
          },
        }),
      );
      await restarted;
      expect(restarted).toBeDefined();
      expect((await link.read('/restart.bin')).equals(content)).toBe(true);
    });
  }, 90_000);

  it('two computers work with a board at the same time: each gets its own answers and files', async () => {
    const second = await connectHost({ url: mosquitto.url });
    try {
      const other = await openLink({ brokers: second.brokers, board: far.board });
      await withLink(async (link) => {
        const [a, b] = [randomBytes(50_000), randomBytes(50_000)];
        await Promise.all([link.write('/a.bin', a), other.write('/b.bin', b)]);
        expect((await other.read('/a.bin')).equals(a)).toBe(true);
        expect((await link.read('/b.bin')).equals(b)).toBe(true);
        const same = await Promise.allSettled([
          link.write('/same.bin', a),
          other.write('/same.bin', b),
        ]);
        const won = same.flatMap((r, i) => (r.status === 'fulfilled' ? [[a, b][i]] : []));
        expect(won.length).toBeGreaterThan(0);
        const there = await link.read('/same.bin');
        expect(won.some((content) => content && there.equals(content))).toBe(true);
        for (const r of same) {
          if (r.status === 'rejected') expect(r.reason).toMatchObject({ errno: 'EBUSY' });
        }
      });
      await other.transport.close();
    } finally {
      second.brokers.dispose();
    }
  }, 60_000);

  it('a wrong key is rejected with a clear error, and nothing is run', async () => {
    const stranger = await connectHost(
      { url: mosquitto.url },
      { boardKey: () => Promise.resolve({ role: 'admin', key: randomBytes(32) }) },
    );
    try {
      const transport = stranger.brokers.transport(mqttAddress('b', far.board.uid));
      await expect(transport.open(AbortSignal.timeout(20_000))).rejects.toMatchObject({
        code: 'connect',
        reason: 'wrongPassword',
      });
    } finally {
      stranger.brokers.dispose();
    }
  });

  it('says that the agent was stopped at the cable', async () => {
    await withLink(async (link) => {
      const lost = new Promise<Error | undefined>((resolve) => {
        link.transport.onClose(resolve);
      });
      far.board.type('\x03');
      expect((await lost)?.message).toMatch(/stopped/);
    });
  }, 30_000);
});
