import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire that can be cut, which ends every connection through it. `at`: where it begins. */
export async function wire(port: number, at: { host?: string; port?: number } = {}) {
  const open = new Set<Socket>();
  const pairs = new Set<[near: Socket, far: Socket]>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    near.pipe(far).pipe(near);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on('close', () => pairs.delete(pair));
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(at.port ?? 0, at.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    /** Holds back what is sent towards `port`, until `release`. The other direction is open. */
    hold: () => {
      for (const [near, far] of pairs) near.unpipe(far);
    },
    release: () => {
      for (const [near, far] of pairs) near.pipe(far);
    },
    stop: () => server.close(),
  };
}

/** A wire on which every byte is in transit for `ms` milliseconds, in either direction. */
export async function slowWire(port: number, ms: number) {
  const later = (from: Socket, to: Socket) => {
    from.on('data', (chunk: Buffer) => {
      setTimeout(() => {
        if (!to.destroyed) to.write(chunk);
      }, ms);
    });
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    later(near, far);
    later(far, near);
    for (const socket of [near, far]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}
