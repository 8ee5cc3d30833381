import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { readProfile } from '../../../../src/core/broker/brokerProfiles';
import { silentLog } from '../../../../src/core/log';
import { BrokerConnection } from '../../../../src/transports/mqtt/brokerConnection';
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

it('reports that a broker does not accept the client id', async () => {
  // CONNACK of MQTT 5: client identifier not valid.
  const answer = Buffer.from('2003008500', 'hex');
  const server = createServer((socket) => socket.once('data', () => socket.end(answer)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secrets = {
    password: () => Promise.resolve(''),
    boardKey: () => Promise.resolve(undefined),
  };
  const connection = new BrokerConnection({ id: 'iot', name: 'iot', url }, secrets, silentLog);
  await expect(connection.connect()).rejects.toMatchObject({
    message: `The broker iot (${url}) does not accept the client id of this computer`,
    hint: 'Set "clientId" of this broker to one that it accepts.',
  });
  connection.dispose();
  server.close();
});
