/**
 * Messages of someone without a key, through a real broker. None may stop the agent or fill its
 * memory.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeJson, makeFrame } from '../../../src/core/agent/agentProtocol';
import names from '../../../board/agent/names.json';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard, VIEWER_KEY } from '../rig/agent/board';
import { Op, TestHost } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    name: 'hostile',
    broker: { host: '127.0.0.1', port: broker.port },
    sizeKib: 4096,
    config: { tm: 1, wd: { allok: 3 }, mtu: 1024 },
  });
  host = await TestHost.connect(broker.url, board.uid);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

/** Code that uses the agent's own names, including those of its compiled form. */
const inside = (code: string) =>
  code.replace(/\w+/g, (word) => Object.entries(names).find(([own]) => own === word)?.[1] ?? word);

const of = (leaf: string) =>
  host.other.filter((m) => m.topic.endsWith(`/${leaf}`)).map((m) => decodeJson(m.payload));

/** Resolves when the board has reported twice more, so its housekeeping continues. */
async function goesOn(): Promise<Record<string, unknown>> {
  const before = of('tm').length;
  await host.until('telemetry', () => of('tm').length > before + 1);
  return of('tm').at(-1) ?? {};
}

const desired = {
  'a version that grows when it is written down': `{"v":"${'\\u0001'.repeat(190)}","set":"{}","mac":""}`,
  'raw control characters': `{"v":"${'\x01'.repeat(190)}","set":"{}","mac":""}`,
  'a long version': JSON.stringify({ v: 'A'.repeat(1000), set: '{}', mac: '' }),
  'a nested version': `{"v":${'['.repeat(480)}${']'.repeat(480)},"set":"{}","mac":""}`,
  'an infinite version': '{"v":1e999,"set":"{}","mac":""}',
  'a truth for a version': '{"v":true,"set":"{}","mac":""}',
  'no mac': '{"v":9,"set":"{\\"name\\":\\"x\\"}"}',
  'a number for a mac': '{"v":9,"set":"{}","mac":5}',
  'a mac that is no hex': `{"v":9,"set":"{}","mac":"${'zz'.repeat(32)}"}`,
  'no object': '[1,2]',
  'no JSON': '{"v":',
  nothing: '',
};

it.each(Object.entries(desired))(
  'goes on after a retained configuration with %s',
  async (_, text) => {
    const topic = `mpy/${board.uid}/cfg`;
    const reports = of('cfgr').length;
    await host.client.publishAsync(topic, text, { qos: 1, retain: true });
    await goesOn();
    expect(of('cfgr').length).toBe(reports);
    await host.client.publishAsync(topic, '', { qos: 1, retain: true });
  },
);

it('confirms its start despite them, and its memory does not grow', async () => {
  const topic = `mpy/${board.uid}/cfg`;
  await host.hello(ADMIN_KEY);
  const report = `import gc, json\nfrom mpyfleet.a import main\ngc.collect()
a = main.current.ag\nprint(json.dumps([a.guard.policy.ok, gc.mem_alloc(), len(a.reports)]))`;
  const look = async () =>
    JSON.parse((await host.exec(inside(report))).stdout) as [boolean, number, number];
  const [, before] = await look();
  for (let i = 0; i < 500; i++) {
    host.client.publish(
      topic,
      `{"v":${i + 10},"set":"{}","mac":"${randomBytes(32).toString('hex')}"}`,
    );
  }
  await goesOn();
  await host.until('the confirmation of its start', () => of('tm').length > 6);
  const [confirmed, after, reports] = await look();
  expect(confirmed).toBe(true);
  expect(after - before).toBeLessThan(4000);
  expect(reports).toBe(0);
});

it('counts long and invalid topics, and logs nothing for them', async () => {
  await host.hello(ADMIN_KEY);
  host.other.length = 0;
  for (const end of ['x'.repeat(213), 'y'.repeat(300), 'short', `${'z'.repeat(12)}/more`]) {
    host.raw(Buffer.from('hello'), `mpy/${board.uid}/c/${end}`);
  }
  // No good broker forwards the last two, so the agent gets them directly.
  const { stdout } = await host.exec(
    inside(`from mpyfleet.a import main
a = main.current.ag
n = a.bad
a.on_message(b"mpy/${board.uid}/c/\\xff\\xfe", memoryview(b"x"), 0, 1, 0)
a.on_message(b"\\xff/all/c/\\xfe", memoryview(b"x"), 0, 1, 0)
main.current.on_big(b"mpy/\\xff", 70000)
print(a.bad - n)`),
  );
  expect(stdout).toBe('3\r\n');
  await goesOn();
  const records = host.other.filter((m) => m.topic.endsWith('/log')).map((m) => String(m.payload));
  expect(records.join('')).not.toMatch(/\n[EW]\t/);
});

it('feeds its watchdog and lets the program continue under a flood of forged frames', async () => {
  await host.hello(ADMIN_KEY);
  const { boot } = await host.birth();
  const frame = Buffer.concat([
    Buffer.from('4810', 'hex'),
    Buffer.from(boot.slice(0, 4), 'hex'),
    Buffer.from('000000010000000200000000', 'hex'),
    Buffer.alloc(12),
  ]);
  const topic = `mpy/${board.uid}/c/${host.cid}`;
  const refused = host.unsigned.length;
  let said = '';
  const code = 'import time\nn = 0\nwhile True:\n print(n)\n n += 1\n time.sleep_ms(100)';
  const run = host.exec(code, {}, host.newId(), (text) => (said += text));
  let sent = 0;
  while (sent <= 1000 || said.split('\r\n').length <= 20) {
    for (let i = 0; i < 50; i++) host.client.publish(topic, frame);
    sent += 50;
    await host.ask(Op.statfs); // sent after them, so its answer shows that the board has received them
  }
  await host.ask(Op.intr);
  const numbers = (await run).stdout.trim().split('\r\n').map(Number);
  expect(numbers).toEqual(numbers.map((_, i) => i));
  await host.until(
    'all of them at the board',
    () => Number(of('tm').at(-1)?.junk) > sent * 0.2,
    30_000,
  );
  // Each of them would cause an answer.
  expect(host.unsigned.length - refused).toBeLessThan(20);
  expect((await host.birth()).boot).toBe(boot);
});

it('accepts few long requests of one computer at the same time', async () => {
  await host.hello(ADMIN_KEY);
  await host.exec('with open("/big", "w") as f:\n for i in range(250): f.write("x" * 4000)');
  const asked = Array.from({ length: 12 }, () =>
    host.ask(Op.hash, { l: Array<string>(60).fill('/big') }).then(
      () => 'OK',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    ),
  );
  const answers = await Promise.all(asked);
  expect(new Set(answers)).toEqual(new Set(['OK', 'EBUSY']));
});

/** A file system with one file that never ends, so that no request for its hash does. */
const ENDLESS = `import vfs
class File:
    def readinto(self, b): return len(b)
    def close(self): pass
    def __enter__(self): return self
    def __exit__(self, *a): pass
class Disk:
    def mount(self, *a): pass
    def umount(self): pass
    def stat(self, path): return (0x8000, 0, 0, 0, 0, 0, 1, 0, 0, 0)
    def open(self, path, mode): return File()
vfs.mount(Disk(), "/endless")`;

it('ends the long requests of computers that have left', async () => {
  await host.hello(ADMIN_KEY);
  await host.exec(ENDLESS);
  const payload = Buffer.from(JSON.stringify({ l: ['/endless/file'] }));
  const jobs = `from mpyfleet.a import main\nag = main.current.ag
print([sum((j[0] in ag.sessions.all) is on for j in ag.jobs) for on in (True, False)])`;
  // Two say BYE. The others lose their places to those that follow.
  for (let i = 0; i < 7; i++) {
    const viewer = await TestHost.connect(broker.url, board.uid);
    await viewer.hello(VIEWER_KEY, 'viewer');
    for (let n = 0; n < 4; n++) viewer.send(makeFrame(Op.hash, viewer.newId(), { payload }));
    await viewer.ask(Op.statfs);
    if (i < 2) await viewer.exchange(99, () => viewer.send(makeFrame(Op.bye, 99)));
    await viewer.client.endAsync();
  }
  const { stdout, stderr } = await host.exec(inside(jobs));
  expect(stderr).toBe('');
  const [of, left] = JSON.parse(stdout) as [number, number];
  expect(of).toBeLessThanOrEqual(12);
  expect(left).toBeLessThanOrEqual(4);
  await host.exec('vfs.umount("/endless")');
});
