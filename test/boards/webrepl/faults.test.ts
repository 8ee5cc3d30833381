import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webreplAddress } from '../../../src/core/parseAddress';
import { utf8 } from '../../../src/core/bytes';
import { CancelledError, ConnectionLostError, FleetError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import {
  webReplTransport,
  type WebReplTransport,
} from '../../../src/transports/webrepl/webReplTransport';
import { startProxy, startWebReplBoard, type Proxy, type WebReplBoard } from '../rig/webreplLab';

const OLD = utf8('the old file\n');
const SIZE = 600_000;

let lab: WebReplBoard;
let ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  lab = await startWebReplBoard({ files: { '/f.bin': OLD }, sizeKib: 4096 });
  ends = [() => lab.stop()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

/** A transport through a proxy, and the files over it. */
async function connect(
  proxy: Proxy,
): Promise<{ transport: WebReplTransport; files: SessionFiles }> {
  const address = webreplAddress(`ws://127.0.0.1:${proxy.port}`);
  const transport = webReplTransport(
    address,
    {
      getPassword: () => Promise.resolve(lab.password),
      keepAlive: { keepAliveMs: 200, deadMs: 5_000 }, // a loaded computer is silent for a second
    },
    silentLog,
  );
  ends.push(() => transport.close());
  await transport.open(new AbortController().signal);
  const files = new SessionFiles((work, options) => transport.withSession(work, options));
  return { transport, files };
}

/** A proxy that does `what` once half of the file has passed. */
async function proxyWith(what: (proxy: Proxy) => void): Promise<Proxy> {
  let done = false;
  const proxy = await startProxy(lab.port, (sent) => {
    if (done || sent < SIZE / 2) return;
    done = true;
    what(proxy);
  });
  ends.push(() => proxy.stop());
  return proxy;
}

async function error(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (reason: unknown) => reason,
  );
}

describe('WebREPL in the middle of an upload', () => {
  it('that the board does not survive leaves the old file, and the rest is deleted', async () => {
    let killed: Promise<void> | undefined;
    const proxy = await proxyWith(() => {
      killed = lab.board.kill();
    });
    const { files } = await connect(proxy);
    expect(await error(files.write('/f.bin', randomBytes(SIZE)))).toBeInstanceOf(FleetError);
    await killed;
    await lab.restart();
    expect(await lab.board.files()).toMatchObject({ '/f.bin': Buffer.from(OLD) });
    const { files: again } = await connect(await startProxy(lab.port));
    const content = randomBytes(5000);
    await again.write('/f.bin', content);
    const left = await lab.board.files();
    expect(left['/f.bin']).toEqual(content);
    expect(Object.keys(left).filter((name) => name.includes('.mpf'))).toEqual([]);
  });

  it('that the network does not survive ends in a lost connection and the old file', async () => {
    const proxy = await proxyWith((p) => p.freeze());
    const { transport, files } = await connect(proxy);
    let cause: Error | undefined;
    transport.onClose((reason) => (cause = reason));
    expect(await error(files.write('/f.bin', randomBytes(SIZE)))).toBeInstanceOf(
      ConnectionLostError,
    );
    expect(cause).toBeInstanceOf(ConnectionLostError);
    expect((await lab.board.files())['/f.bin']).toEqual(Buffer.from(OLD));
  });

  it('that is cancelled leaves only the old file', async () => {
    const controller = new AbortController();
    const proxy = await proxyWith(() => controller.abort());
    const { files } = await connect(proxy);
    const upload = files.write('/f.bin', randomBytes(SIZE), { signal: controller.signal });
    expect(await error(upload)).toBeInstanceOf(CancelledError);
    const { files: again } = await connect(await startProxy(lab.port)).catch(() => ({ files }));
    expect((await again.list('/')).map((entry) => entry.name).sort()).toEqual(['boot.py', 'f.bin']);
    expect(Buffer.from(await again.read('/f.bin'))).toEqual(Buffer.from(OLD));
  });
});

describe('names that do not fit into WebREPL’s header', () => {
  it.each([
    ['a long path', `/${'folder/'.repeat(12)}name.bin`],
    ['a long name', `/${'n'.repeat(80)}.bin`],
    ['a name of many bytes', `/${'ü'.repeat(40)}.bin`],
  ])('are written and read all the same: %s', async (_, path) => {
    const { transport, files } = await connect(await startProxy(lab.port));
    const content = randomBytes(20_000);
    await files.write(path, content);
    expect(Buffer.from(await files.read(path))).toEqual(content);
    expect((await lab.board.files())[path]).toEqual(content);
    const folder = await transport.withSession((session) =>
      session.exec('import os\nprint(os.getcwd())'),
    );
    expect(Buffer.from(folder).toString()).toBe('/\r\n');
  });
});
