import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const PUBLISH = 3;
const PUBACK = 0x40;

/** A packet of MQTT 3.1.1 (section 2.2): its bytes, and the bytes after it. */
interface Split {
  readonly packet: Buffer;
  readonly body: number;
  readonly rest: Buffer;
}

function split(bytes: Buffer): Split | undefined {
  let length = 0;
  for (let at = 1; at < Math.min(bytes.length, 5); at++) {
    const byte = bytes[at] ?? 0;
    length |= (byte & 127) << (7 * (at - 1));
    if (byte & 128) continue;
    const end = at + 1 + length;
    if (bytes.length < end) return undefined;
    return { packet: bytes.subarray(0, end), body: at + 1, rest: bytes.subarray(end) };
  }
  return undefined;
}

/**
 * A connection to the broker that loses whole messages in both directions, once `share` says how
 * many (0 to 1). The sender of one with QoS 1 still gets its acknowledgement, so neither broker nor
 * client repairs the loss. Presence always gets through.
 */
export async function lossyWire(port: number) {
  const wire = { port: 0, share: 0, lost: 0, stop: () => server.close() };
  let seed = 42; // the same losses in every run
  const isLost = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32 < wire.share;
  };
  const pass = (from: Socket, into: Socket) => {
    let waiting = Buffer.alloc(0);
    from.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (let found = split(waiting); found; found = split(waiting)) {
        const { packet, body } = found;
        waiting = Buffer.from(found.rest);
        if ((packet[0] ?? 0) >> 4 !== PUBLISH) {
          into.write(packet);
          continue;
        }
        const topicEnd = body + 2 + packet.readUInt16BE(body);
        const topic = packet.toString('utf8', body + 2, topicEnd);
        if (topic.endsWith('/st') || !isLost()) {
          into.write(packet);
          continue;
        }
        wire.lost++;
        const qos = ((packet[0] ?? 0) >> 1) & 3;
        if (qos === 1) {
          from.write(Buffer.from([PUBACK, 2, packet[topicEnd] ?? 0, packet[topicEnd + 1] ?? 0]));
        }
      }
    });
    from.on('close', () => into.destroy());
    from.on('error', () => into.destroy());
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  wire.port = (server.address() as AddressInfo).port;
  return wire;
}
