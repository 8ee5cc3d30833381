/**
 * Tests what anyone who may publish at a broker can do with copies of presence messages that a board has signed in the same
 * boot: a will, births. The board's connection is cut several times, so that there are such copies.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Birth, Gone } from '../../../src/core/agent';
import { Deferred } from '../../../src/core/async';
import type { Transport } from '../../../src/core/transport';
import type { MqttBroker } from '../../../src/transports/mqtt/mqttBroker';
import { startMosquitto } from '../../lab/index.mjs';
import { HostileTable } from '../rig/hostileTable';
import { linkTo, startFar } from '../rig/mqttRig';
import { startShared } from '../rig/shareRig';
import { wire } from '../rig/wire';

interface Far {
  readonly uid: string;
  readonly broker: MqttBroker;
  link(): Transport;
  stop(): Promise<void>;
}

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
});
afterAll(() => mosquitto.stop());

const agents: Record<string, (port: number) => Promise<Far>> = {
  'a board': async (port) => {
    const broker = { host: '127.0.0.1', port, backoff: [1, 1] };
    const far = await startFar({ url: mosquitto.url }, { broker });
    return { ...far, uid: far.board.uid, link: () => linkTo(far) };
  },
  'a shared cable': (port) => startShared(mosquitto.url, {}, `mqtt://127.0.0.1:${port}`),
};

describe.each(Object.entries(agents))('copies of the presence of %s', (title, start) => {
  const table = new HostileTable(`copies of the presence of ${title}`);
  let line: Awaited<ReturnType<typeof wire>>;
  let far: Far;
  let stranger: MqttClient;
  /** The presence that this computer has believed, as messages, which anyone at the broker receives, and parsed. */
  const copies: Buffer[] = [];
  const believed: (Birth | Gone)[] = [];

  beforeAll(async () => {
    stranger = await connectAsync(mosquitto.url);
    line = await wire(Number(new URL(mosquitto.url).port));
    far = await start(line.port);
    far.broker.onPresence(({ uid, state, raw }) => {
      if (uid !== far.uid) return;
      believed.push(state);
      if (raw) copies.push(Buffer.from(raw));
    });
  });
  afterAll(async () => {
    table.print();
    await stranger.endAsync(true);
    await far.stop();
    line.stop();
  });

  /** Resolves at the next presence that this computer believes and that is (not) a birth. */
  async function next(on: boolean): Promise<Birth | Gone> {
    const seen = new Deferred<Birth | Gone>();
    const end = far.broker.onPresence(
      ({ uid, state }) => uid === far.uid && state.on === on && seen.resolve(state),
    );
    return seen.promise.finally(() => end.dispose());
  }
  /** Cuts the connection. Resolves when this computer has seen the board go and return. */
  async function cut(): Promise<void> {
    const back = new Deferred<undefined>();
    let isGone = false;
    const end = far.broker.onPresence(({ uid, state }) => {
      if (uid !== far.uid) return;
      if (!state.on) isGone = true;
      else if (isGone) back.resolve(undefined);
    });
    line.cut();
    await back.promise;
    end.dispose();
  }
  /** Publishes copies. Resolves when this computer has processed them: a last message, on the same topic, has come back. */
  async function replay(messages: readonly Buffer[]): Promise<void> {
    const { connection } = far.broker;
    const done = new Deferred<undefined>();
    const end = connection.listen('mpy/+/st', (m) => {
      if (m.payload.toString() === 'end') done.resolve(undefined);
    });
    await connection.roundTrip();
    for (const copy of [...messages, Buffer.from('end')]) {
      await stranger.publishAsync(`mpy/${far.uid}/st`, copy, { qos: 1 });
    }
    await done.promise;
    end.dispose();
    await new Promise((resolve) => setImmediate(resolve)); // the checks of one message are a chain of promises
  }
  const isWill = (copy: Buffer) => /"on": ?0/.test(copy.toString());

  it('neither end work nor mark the board as away', async () => {
    await cut();
    await cut();
    const boots = new Set(believed.map(({ boot }) => boot));
    expect(boots.size).toBe(1);
    const link = far.link();
    await link.open(AbortSignal.timeout(20_000));
    let closed: Error | undefined;
    link.onClose((error) => (closed = error));
    const started = new Deferred<(data: Uint8Array) => Promise<void>>();
    const run = link.withSession((s) =>
      s.exec('import sys; print(6 * int(sys.stdin.read(1)))', {
        onStart: (write) => started.resolve(write),
      }),
    );
    const write = await started.promise;
    const old = [...copies];
    expect(old.filter(isWill).length).toBeGreaterThanOrEqual(2);
    const from = believed.length;
    const boards = old.filter((copy) => !isWill(copy)).slice(0, 2);
    await replay([...old.filter(isWill), ...boards]);
    const away = believed.slice(from).some((state) => !state.on);
    table.row('its wills, while code runs', 'there', away ? 'away' : 'there');
    expect(far.broker.presences.get(far.uid)?.on).toBe(true);
    await write(Buffer.from('7'));
    expect(Buffer.from(await run).toString()).toContain('42\r\n');
    expect(closed).toBeUndefined();
    await link.close();
  });

  it('do not bring the board back; its own will still says that it is away', async () => {
    const gone = next(false);
    line.stop();
    line.cut();
    expect(await gone).toMatchObject({ on: false, why: '' });
    const births = copies.filter((copy) => !isWill(copy));
    await replay(births);
    const isOn = far.broker.presences.get(far.uid)?.on;
    table.row('its births, while it is away', 'away', isOn ? 'there' : 'away');
  });
});
