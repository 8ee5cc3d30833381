import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJson } from '../../../src/core/agent/agentProtocol';
import { type LogRecord, parseLogBatch } from '../../../src/core/agent/agentProtocolLog';
import { marksOfPresence } from '../../../src/core/many/health';
import { silentLog } from '../../../src/core/log';
import { MqttBrokers } from '../../../src/transports/mqttBrokers';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, startAgentBoard, type AgentBoard } from '../rig/agent/board';
import { Op, TestHost } from '../rig/agent/host';

/** Modules of the board's owner, by name. */
const MODULES = {
  direct: 'def start(mqtt, config):\n    raise ValueError("no pin")\n',
  later: 'async def start(mqtt, config):\n    raise OSError(5)\n',
  connects: `
async def changed(up):
    raise KeyError("changed")
def start(mqtt, config):
    mqtt.on_mqtt(changed)
`,
  fine: `
async def ready(mqtt):
    await mqtt.client.publish("demo/fine", "ready", qos=1)
def start(mqtt, config):
    mqtt.on_init(ready(mqtt))
`,
};

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  host = await TestHost.connect(broker.url, Buffer.from('modules').toString('hex'));
  await host.client.subscribeAsync('demo/#', { qos: 1 });
  board = await startAgentBoard({
    ...{ name: 'modules', broker: { host: '127.0.0.1', port: broker.port } },
    config: { modules: Object.keys(MODULES) },
    files: Object.fromEntries(
      Object.entries(MODULES).map(([name, source]) => [`/${name}.py`, source]),
    ),
  });
  await host.until('the birth', () => host.births.length > 0);
  await host.hello(ADMIN_KEY);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

describe('a module that raises an exception', () => {
  it('is named in the log with its traceback, and the other modules run', async () => {
    await host.until('the other module', () => host.other.some((m) => m.topic === 'demo/fine'));
    const logged = async (): Promise<LogRecord[]> => [
      ...parseLogBatch(await host.request(Op.logget, { s: 0 })).records,
      ...parseLogBatch(await host.request(Op.logget, { s: 1 })).records,
    ];
    const errors = (await logged()).filter((r) => r.level === 'E');
    const lines = errors.map((r) => `${r.logger}: ${r.text.trimEnd().split('\n').at(-1) ?? ''}`);
    expect(lines).toEqual(
      expect.arrayContaining([
        'direct: ValueError: no pin',
        'later: OSError: [Errno 5] EIO',
        'connects: KeyError: changed',
      ]),
    );
    expect(board.printed()).not.toContain("wasn't retrieved");
  });

  it('is an event', async () => {
    const events = () =>
      host.other
        .filter((m) => m.topic.endsWith('/ev'))
        .map((m) => decodeJson(m.payload))
        .filter((e) => e.ev === 'module')
        .map((e) => [e.name, e.x]);
    await host.until('three events', () => events().length >= 3);
    expect(events()).toEqual(
      expect.arrayContaining([
        ['direct', "ValueError('no pin',)"],
        ['later', 'OSError(5,)'],
        ['connects', "KeyError('changed',)"],
      ]),
    );
  });

  it('is in the health of the board, also for those that were not connected', async () => {
    await host.until('a birth with both', () => {
      const { broken = {} } = host.births.at(-1) ?? {};
      return Object.keys(broken).length === 2;
    });
    const brokers = new MqttBrokers(
      { password: () => Promise.resolve(undefined), boardKey: () => Promise.resolve(undefined) },
      silentLog,
    );
    const mqtt = brokers.set({ id: 'office', name: 'office', url: broker.url });
    try {
      const source = brokers.source('office');
      source?.start();
      await mqtt.connect(new AbortController().signal);
      await expect.poll(() => source?.found.length).toBe(1);
      const [found] = source?.found ?? [];
      expect(found && marksOfPresence(found)).toEqual(['module-failed']);
      expect(found?.details?.broken).toContain("direct: ValueError('no pin',)");
    } finally {
      await mqtt.disconnect();
      brokers.dispose();
    }
  });
});
