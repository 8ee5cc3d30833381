import { serialAddress } from '../src/core/parseAddress';
import type { WriteItem } from '../src/core/boardFiles';
import { SessionFiles } from '../src/core/files/sessionFiles';
import { silentLog } from '../src/core/log';
import type { SessionOptions } from '../src/core/transport';
import { serialTransport } from '../src/transports/serial/serialTransport';

/** Times within one connection, seconds: comparing files that are unchanged, and `pass` (the median of `repeat`). */
export async function measure(tty: string, items: WriteItem[], repeat: number) {
  const transport = serialTransport(serialAddress(tty), silentLog);
  await transport.open(AbortSignal.timeout(10_000));
  let roundTrips = 0;
  const files = new SessionFiles((work, options?: SessionOptions) =>
    transport.withSession(
      (session) =>
        work({
          exec: (code, o) => {
            roundTrips++;
            return session.exec(code, o);
          },
        }),
      { ...options, mayInterrupt: true },
    ),
  );
  try {
    await files.writeMany(items);
    roundTrips = 0;
    const seconds = await timed(() => files.walk('/same', { hash: true }));
    const trips = roundTrips;
    // The board's own work: the same, with nothing to say.
    const hashing = await transport.withSession((session) => timed(() => session.exec(hashOnly)), {
      mayInterrupt: true,
    });
    const exec = await transport.withSession(
      async (session) => {
        const times: number[] = [];
        for (let i = 0; i < repeat; i++) times.push(await timed(() => session.exec('pass')));
        return times.sort((a, b) => a - b)[repeat >> 1] ?? NaN;
      },
      { mayInterrupt: true },
    );
    return { seconds, roundTrips: trips, hashing, exec };
  } finally {
    await transport.close();
  }
}

const hashOnly = `
import os, hashlib
b = memoryview(bytearray(1024))
for e in os.ilistdir('/same'):
    h = hashlib.sha256()
    with open('/same/' + e[0], 'rb') as f:
        n = f.readinto(b)
        while n:
            h.update(b[:n])
            n = f.readinto(b)
    h.digest()
del b, e, h, f, n
`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
