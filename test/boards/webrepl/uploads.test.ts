import { randomBytes } from 'node:crypto';
import { connect as dial } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webreplAddress } from '../../../src/core/parseAddress';
import { text, utf8 } from '../../../src/core/bytes';
import {
  ConnectError,
  ConnectionLostError,
  FileError,
  ProgramRunningError,
} from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog, type Log } from '../../../src/core/log';
import {
  webReplTransport,
  type WebReplTransport,
} from '../../../src/transports/webrepl/webReplTransport';
import { pollUntil } from '../../lab/process.mjs';
import { boardPort, startProxy, startWebReplBoard, type WebReplBoard } from '../rig/webreplLab';

const SIZE = 60_000;
const SIZE_KIB = 1024;

let lab: WebReplBoard;
let ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  lab = await startWebReplBoard({ sizeKib: SIZE_KIB });
  ends = [() => lab.stop()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

interface Link {
  transport: WebReplTransport;
  files: SessionFiles;
  /** What goes to the REPL, a piece each. */
  written: string[];
  exec(code: string): Promise<string>;
}

async function connect(port = lab.port): Promise<Link> {
  const written: string[] = [];
  const trace = (message: string) => {
    const [, piece] = / > (.*)/s.exec(message) ?? [];
    if (piece !== undefined) written.push(piece);
  };
  const log: Log = { ...silentLog, trace };
  const getPassword = () => Promise.resolve(lab.password);
  const address = webreplAddress(`ws://127.0.0.1:${port}`);
  const transport = webReplTransport(address, { getPassword }, log);
  ends.push(() => transport.close());
  await transport.open(new AbortController().signal);
  const files = new SessionFiles((work, options) => transport.withSession(work, options));
  const exec = (code: string) =>
    transport.withSession(async (session) => text(await session.exec(code)));
  return { transport, files, written, exec };
}

/** Connects once the board has noticed that the connection before has gone. */
async function reconnected(): Promise<Link> {
  let link: Link | undefined;
  const ready = async () => {
    try {
      link = await connect();
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
    }
    return link !== undefined;
  };
  await pollUntil(ready, 10_000);
  return link ?? expect.fail('the board takes no new connection');
}

/** Runs `code` on the board behind the back of every link, as its timers and threads do: without a word. */
async function behind(link: Link, code: string): Promise<() => Promise<void>> {
  const port = await boardPort();
  await link.exec(
    [
      'import socket, _board',
      'srv = socket.socket()',
      'srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)',
      `srv.bind(socket.getaddrinfo('127.0.0.1', ${port})[0][-1])`,
      'srv.listen(1)',
      'def act(s):',
      ' c, _ = s.accept()',
      ...code.split('\n').map((line) => ` ${line}`),
      ' c.close()',
      '_board.on_read(srv, act)',
    ].join('\n'),
  );
  return () =>
    new Promise((resolve, reject) => {
      const socket = dial(port, '127.0.0.1');
      socket
        .on('error', reject)
        .on('close', () => resolve())
        .resume();
    });
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('it did not fail'),
    (reason: unknown) => reason,
  );
}

async function onBoard(): Promise<Record<string, Buffer>> {
  const files = await lab.board.files();
  delete files['/boot.py'];
  return files;
}

describe('uploads over one WebREPL connection', () => {
  it('ask the board once what it can do, and look at a folder once', async () => {
    const { files, written } = await connect();
    await files.list('/');
    const contents = [1, 2, 3].map(() => randomBytes(SIZE));
    const counts = [];
    for (const content of contents) {
      written.length = 0;
      await files.write('/f.bin', content);
      counts.push(written.length);
    }
    expect(counts).toEqual([2, 1, 1]); // a look, and what checks a file: each in one piece
    expect((await onBoard())['/f.bin']).toEqual(contents[2]);
  });

  it('create their folder again if code has removed it', async () => {
    const link = await connect();
    const content = randomBytes(SIZE);
    await link.files.write('/a/f.bin', content);
    await link.exec("import os\nos.remove('/a/f.bin')\nos.rmdir('/a')");
    await link.files.write('/a/f.bin', content);
    expect(await onBoard()).toEqual({ '/a/f.bin': content });
  });

  it('end with the connection when their folder vanishes silently, and lose nothing', async () => {
    const link = await connect();
    const content = randomBytes(SIZE);
    await link.files.write('/kept.bin', content);
    const vanish = await behind(link, "import os\nos.remove('/a/f.bin')\nos.rmdir('/a')");
    await link.files.write('/a/f.bin', content);
    await link.files.write('/a/f.bin', content);
    await vanish();
    expect(await failure(link.files.write('/a/f.bin', content))).toBeInstanceOf(
      ConnectionLostError,
    );
    const again = await reconnected();
    await again.files.write('/a/f.bin', content);
    expect(await onBoard()).toEqual({ '/kept.bin': content, '/a/f.bin': content });
  });

  it('report a flash that has filled up silently, and keep the old file', async () => {
    const link = await connect();
    const old = randomBytes(SIZE);
    const fill = await behind(
      link,
      [
        'b = bytes(4096)',
        "with open('/log', 'wb') as f:",
        ' try:',
        '  while True:',
        '   f.write(b)',
        '   f.flush()',
        ' except OSError:',
        '  pass',
      ].join('\n'),
    );
    await link.files.write('/f.bin', old);
    await fill();
    const error = await failure(link.files.write('/f.bin', randomBytes(SIZE)));
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ errno: 'ENOSPC', path: '/f.bin' });
    const left = await onBoard();
    expect(Object.keys(left).sort()).toEqual(['/f.bin', '/log']);
    expect(left['/f.bin']).toEqual(old);
  });

  it('restore their function after a program has deleted it', async () => {
    const link = await connect();
    const tidy = await behind(link, "import sys\nsys.modules.pop('_mpw')");
    const content = randomBytes(SIZE);
    await link.files.write('/f.bin', randomBytes(SIZE));
    await tidy();
    await link.files.write('/f.bin', content);
    expect(await onBoard()).toEqual({ '/f.bin': content });
  });

  it('do not disturb a program that was started meanwhile', async () => {
    const link = await connect();
    const old = randomBytes(SIZE);
    await link.files.write('/f.bin', old);
    let seen = '';
    link.transport.terminal().onData((data) => (seen += text(data)));
    const program = 'import time\rn = 0\rwhile True: n += 1; time.sleep_ms(1)\r\r';
    await link.transport.terminal().write(utf8(program));
    const started = () => Promise.resolve(seen.includes('sleep_ms(1)\r\n'));
    expect(await pollUntil(started, 5_000)).toBe(true);
    expect(await failure(link.files.write('/f.bin', randomBytes(SIZE)))).toBeInstanceOf(
      ProgramRunningError,
    );
    const count = await link.transport.withSession(
      async (session) => Number(text(await session.exec('print(n)'))),
      { mayInterrupt: true },
    );
    expect(count).toBeGreaterThan(50);
    expect(await onBoard()).toEqual({ '/f.bin': old });
  });

  it('wait for a running timer, and do not interrupt it', async () => {
    const link = await connect();
    const work = 'import time\nglobal n\nfor n in range(2000): time.sleep_ms(1)';
    const timer = await behind(link, work);
    const content = randomBytes(SIZE);
    await link.files.write('/f.bin', randomBytes(SIZE));
    const ended = timer();
    await link.files.write('/f.bin', content);
    await ended;
    expect(await link.exec('print(n)')).toBe('1999\r\n');
    expect(await onBoard()).toEqual({ '/f.bin': content });
  });

  it("forget the board's state after a soft reset", async () => {
    const link = await connect();
    await link.files.write('/a/f.bin', randomBytes(SIZE));
    await link.transport.reset('soft');
    await lab.listening();
    const again = await reconnected();
    const content = randomBytes(SIZE);
    await again.files.write('/a/f.bin', content);
    expect(await onBoard()).toEqual({ '/a/f.bin': content });
  });

  it('report a folder in the way, and leave nothing', async () => {
    const link = await connect();
    await link.files.mkdir('/f.bin');
    const error = await failure(link.files.write('/f.bin', randomBytes(SIZE)));
    expect(error).toMatchObject({ errno: 'EISDIR', path: '/f.bin' });
    expect((await link.files.list('/')).map((entry) => entry.name).sort()).toEqual([
      'boot.py',
      'f.bin',
    ]);
  });
});

describe('a connection that is cut in an upload', () => {
  it.each([
    ['at its begin', 1],
    ['behind its header', 90],
    ['half-way', SIZE / 2],
    ['near the end of the data', SIZE - 100],
    ['in what checks the file', SIZE + 250],
  ])('%s leaves the old file or the new one, and the rest is swept', async (_, after) => {
    let cutAt = Infinity;
    const proxy = await startProxy(lab.port, (sent) => {
      if (sent >= cutAt) proxy.cut();
    });
    ends.push(() => proxy.stop());
    const { files } = await connect(proxy.port);
    const [old, content] = [randomBytes(SIZE), randomBytes(SIZE)];
    await files.write('/f.bin', old);
    cutAt = proxy.sent + after;
    expect(await failure(files.write('/f.bin', content))).toBeInstanceOf(ConnectionLostError);
    const again = await reconnected();
    const is = Buffer.from(await again.files.read('/f.bin'));
    expect([old, content].some((one) => one.equals(is))).toBe(true);
    const other = randomBytes(SIZE);
    await again.files.write('/other.bin', other);
    const left = await onBoard();
    expect(Object.keys(left).sort()).toEqual(['/f.bin', '/other.bin']);
    expect(left['/other.bin']).toEqual(other);
  });
});
