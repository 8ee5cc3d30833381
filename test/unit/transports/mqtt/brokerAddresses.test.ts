import { expect, it } from 'vitest';
import { readProfile } from '../../../../src/core/broker/brokerProfiles';
import { withBrackets } from '../../../../src/transports/mqtt/connectOptions';

it.each([
  ['ws://::1:9001/mqtt', 'ws://[::1]:9001/mqtt'],
  ['wss://fd00::5:443/', 'wss://[fd00::5]:443/'],
  ['ws://::ffff:10.0.0.1:80/mqtt', 'ws://[::ffff:10.0.0.1]:80/mqtt'],
  ['ws://[::1]:9001/mqtt', 'ws://[::1]:9001/mqtt'],
  ['ws://10.0.0.1:9001/mqtt', 'ws://10.0.0.1:9001/mqtt'],
  ['ws://broker.local:9001/mqtt', 'ws://broker.local:9001/mqtt'],
])('a broker at %s is reached by WebSocket at %s', (said, address) => {
  expect(withBrackets(said)).toBe(address);
  expect(new URL(withBrackets(said)).href).toBe(new URL(address).href);
});

it('a broker can require a certain client id', () => {
  const profile = { id: 'aws', url: 'mqtts://x.example:8883', clientId: 'fleet-1' };
  expect(readProfile(profile)).toMatchObject({ clientId: 'fleet-1' });
});
