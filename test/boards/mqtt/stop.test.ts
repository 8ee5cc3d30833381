/** Stopping over MQTT lets a program clean up, on a real board: one interrupt, then patience. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CancelledError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { startMosquitto } from '../../lab/index.mjs';
import { linkTo, startFar, withProgram, type MqttFar } from '../rig/mqttRig';

/** Longer than the former time until a second interrupt, and without any output. */
const TIDY = `
    print('stopping')
    time.sleep(1.6)
    with open('/off.txt', 'a') as f: f.write('off ')
    print('motors off')`;
/** It says that it runs inside of `try`: an interrupt before it would end the program without tidying up. */
const PROGRAM = `import time
try:
    print('on')
    while True: time.sleep_ms(20)
except KeyboardInterrupt:${TIDY}
`;

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let far: MqttFar;

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const broker = { host: '127.0.0.1', port: mosquitto.port };
  far = await startFar({ url: mosquitto.url }, { broker, ...withProgram({ '/main.py': PROGRAM }) });
});
afterAll(async () => {
  await far.stop();
  await mosquitto.stop();
});

async function offs(): Promise<string> {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  const files = new SessionFiles((work, options) => link.withSession(work, options));
  const text = Buffer.from(await files.read('/off.txt')).toString();
  await files.remove('/off.txt');
  await link.close();
  return text;
}

it('stops the program of the board once it has tidied up', async () => {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  // The board announces itself before it runs its program.
  await expect.poll(() => link.activity, { timeout: 10_000 }).toBe('running');
  await link.interrupt();
  expect(link.activity).not.toBe('running');
  await link.close();
  expect(await offs()).toBe('off ');
});

it('ends code that is cancelled once it has tidied up', async () => {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  const stop = new AbortController();
  let shown = '';
  const run = link.withSession((session) =>
    session.exec(PROGRAM, {
      signal: stop.signal,
      onStdout: (bytes) => {
        shown += Buffer.from(bytes).toString();
        if (shown.includes('on') && !stop.signal.aborted) stop.abort();
      },
    }),
  );
  await expect(run).rejects.toBeInstanceOf(CancelledError);
  expect(shown).toContain('motors off');
  await link.close();
  expect(await offs()).toBe('off ');
});

it('interrupts again if code catches the first interrupt', async () => {
  const link = linkTo(far);
  await link.open(AbortSignal.timeout(20_000));
  const stop = new AbortController();
  const code = `import time
try:
    print('on')
    while True: time.sleep_ms(20)
except KeyboardInterrupt: print('caught')
while True: time.sleep_ms(20)`;
  let shown = '';
  const run = link.withSession((session) =>
    session.exec(code, {
      signal: stop.signal,
      onStdout: (bytes) => {
        shown += Buffer.from(bytes).toString();
        if (shown.includes('on') && !stop.signal.aborted) stop.abort();
      },
    }),
  );
  await expect(run).rejects.toBeInstanceOf(CancelledError);
  expect(shown).toContain('caught');
  await link.close();
});
