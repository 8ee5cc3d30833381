import { createSocket } from 'node:dgram';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../../src/core/async';
import { silentLog } from '../../../../src/core/log';
import { boardInBeacon } from '../../../../src/core/webrepl/beacon';
import { BeaconSource } from '../../../../src/transports/webrepl/beaconSource';

const UID = '24:0a:c4:12:87:7c';
const beacon = (text: string, sender = '10.39.40.135') =>
  boardInBeacon(Buffer.from(text, 'latin1'), sender);

it('finds the board in a beacon as boards of iot-kernel send it', () => {
  expect(beacon(`ws://10.39.40.135:8266\n${UID}`)).toMatchObject({
    address: { kind: 'webrepl', text: 'ws://10.39.40.135:8266/' },
    likely: true,
    details: { beacon: UID },
  });
  expect(beacon(`telnet://10.39.40.135\n${UID}`)?.address.kind).toBe('telnet');
  // The id is not an identity: anyone could send another board's.
  expect(beacon(`ws://10.39.40.135:8266\n${UID}`)).not.toHaveProperty('uid');
});

it.each([
  ['another address than the sender', `ws://10.0.0.1:8266\n${UID}`],
  ['a name', `ws://10.39.40.135.evil.example:8266\n${UID}`],
  ['a user in the URL', `ws://me@10.39.40.135:8266\n${UID}`],
  ['a path', `ws://10.39.40.135:8266/x\n${UID}`],
  ['another scheme', `http://10.39.40.135\n${UID}`],
  ['a port that none is', `ws://10.39.40.135:70000\n${UID}`],
  ['an address that none is', `ws://10.39.40.999\n${UID}`],
  ['no id', 'ws://10.39.40.135:8266\n'],
  ['an id with an escape', `ws://10.39.40.135:8266\n${UID}\u001b[31m`],
  ['a third line', `ws://10.39.40.135:8266\n${UID}\nx`],
  ['too many bytes', `ws://10.39.40.135:8266\n${'aa:'.repeat(90)}aa`],
  ['nothing', ''],
])('takes nothing from a beacon with %s', (_, text) => {
  const parsed = () => beacon(text);
  expect(parsed).not.toThrow();
  expect(parsed()).toBeUndefined();
});

it('lists a board that sends over UDP', async () => {
  const source = new BeaconSource(systemClock, silentLog, { port: 0, address: '127.0.0.1' });
  onTestFinished(() => source.dispose());
  source.start();
  const port = await vi.waitUntil(() => source.port, 20_000);
  const heard = new Promise<void>((resolve) => source.onDidChange(() => resolve()));
  const board = createSocket('udp4');
  onTestFinished(() => void board.close());
  board.send('nonsense', port, '127.0.0.1');
  board.send(`ws://127.0.0.1:8266\n${UID}`, port, '127.0.0.1');
  await heard;
  expect(source.found.map((f) => f.address.text)).toEqual(['ws://127.0.0.1:8266/']);
});
