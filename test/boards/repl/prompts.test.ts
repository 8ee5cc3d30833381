import { connect as dial } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { text } from '../../../src/core/bytes';
import { ProgramRunningError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import type { SessionOptions } from '../../../src/core/transport';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { freePort, startUboard } from '../../lab/index.mjs';
import { failure } from '../rig/conformance';

// The raw REPL's answer shows what a board is doing: a prompt may be any text, and any program can
// print one.

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function connected(files: Record<string, string>) {
  const board = await startUboard({ files, heap: 512 });
  ends.push(board.stop);
  const transport = serialTransport(serialAddress(board.tty), silentLog);
  let shown = '';
  const terminal = transport.terminal();
  terminal?.onData((chunk) => {
    shown += text(chunk);
  });
  await transport.open(AbortSignal.timeout(10_000));
  ends.push(() => transport.close());
  // Output before the link was opened is lost.
  if (files['/main.py'] !== undefined) await terminal?.write(Buffer.from('\r'));
  return {
    board,
    transport,
    shown: () => shown,
    type: async (keys: string) => await terminal?.write(Buffer.from(keys)),
    untilShown: (what: string | RegExp) =>
      expect.poll(() => shown, { timeout: 10_000 }).toMatch(what),
    exec: async (code: string, options: SessionOptions = {}) =>
      text(await transport.withSession((session) => session.exec(code), options)),
  };
}

describe('a prompt of the board’s own', () => {
  const prompts = {
    'of other words': 'esp32> ',
    'in colour': '\\x1b[32m>>> \\x1b[0m',
    'of two lines': 'ready\\n$ ',
    'that is empty': '',
  };
  for (const [what, prompt] of Object.entries(prompts)) {
    it(`${what} is one: code runs without an error about a program`, async () => {
      const board = await connected({ '/boot.py': `import sys\nsys.ps1 = "${prompt}"\n` });
      expect(await board.exec('print(1)')).toBe('1\r\n');
      expect(await board.exec('print(2)')).toBe('2\r\n');
      if (prompt === '') return; // typed text there looks like output of a program
      await board.type('half = 1');
      expect(await board.exec('print("half" in globals())')).toBe('False\r\n');
    });
  }

  it('that the code itself sets is recognised when the code ends', async () => {
    const { exec, transport } = await connected({});
    await exec('import sys\nsys.ps1 = "esp32> "');
    expect(await exec('print(1)')).toBe('1\r\n');
    expect(transport.activity).toBe('idle');
  });

  it('does not keep a program from being stopped, nor the board from a soft reset', async () => {
    const loop = 'import sys\nsys.ps1 = "esp32> "\ninput()\nprint("main runs")\nwhile True: pass\n';
    const { exec, untilShown, transport, type } = await connected({ '/main.py': loop });
    await untilShown('main runs');
    expect(await failure(exec('print(1)'))).toBeInstanceOf(ProgramRunningError);
    expect(await exec('print(1)', { mayInterrupt: true })).toBe('1\r\n');
    await transport.reset('soft');
    await type('\r');
    await untilShown(/main runs[^]*main runs/);
    await transport.interrupt();
    expect(transport.activity).toBe('idle');
  });
});

describe('a program that prints the prompt', () => {
  const ASKING = 'while True:\n  s = input(">>> ")\n  print("you said", s)\n';

  it('is a running program: reported, and stopped if allowed', async () => {
    const { exec, untilShown, transport } = await connected({ '/main.py': ASKING });
    await untilShown('>>> ');
    expect(await failure(exec('print(1)'))).toBeInstanceOf(ProgramRunningError);
    expect(await exec('print("s" in globals())', { mayInterrupt: true })).toBe('True\r\n');
    await transport.reset('soft');
    expect(await failure(exec('print(1)'))).toBeInstanceOf(ProgramRunningError);
    await transport.interrupt();
    expect(await exec('print(2)')).toBe('2\r\n');
  });

  it('is not stopped unasked when the user has typed something', async () => {
    const { exec, untilShown, type } = await connected({ '/main.py': ASKING });
    await untilShown('>>> ');
    await type('6*7');
    await untilShown(/6\*7/);
    expect(await failure(exec('print(1)'))).toBeInstanceOf(ProgramRunningError);
    await type('still here\r');
    await untilShown('you said still here');
  });

  it('is stopped even if it uses the first Ctrl-C to clear a line', async () => {
    const shell =
      'while True:\n  try:\n    s = input(">>> ")\n  except KeyboardInterrupt:\n    print("cleared")\n';
    const { exec, untilShown } = await connected({ '/main.py': `${shell}    continue\n` });
    await untilShown('>>> ');
    expect(await exec('print(1)', { mayInterrupt: true })).toBe('1\r\n');
  }, 30_000);
});

describe('a program that cleans up when it is stopped', () => {
  // A second Ctrl-C ends the clean-up: then the file is missing, and the motors are on.
  const TIDY =
    'import time\ndef off():\n  time.sleep(1)\n  open("off", "w").close()\n  print("motors off")\n';
  const PROGRAM = `${TIDY}input()\nprint("runs")\ntry:\n  while True: pass\nexcept KeyboardInterrupt:\n  print("stopping")\n  off()\n`;
  const FINALLY = `${TIDY}input()\nprint("runs")\ntry:\n  while True: time.sleep(1)\nfinally:\n  off()\n`;
  const isOff = 'import os\nprint("off" in os.listdir("/"))';

  it('gets the time to clean up when work may stop it', async () => {
    const { exec, untilShown, shown } = await connected({ '/main.py': PROGRAM });
    await untilShown('runs');
    expect(await exec(isOff, { mayInterrupt: true })).toBe('True\r\n');
    expect(shown()).toMatch(/stopping\r\nmotors off/);
  });

  it('gets the time to clean up when it is interrupted, and when the board is reset', async () => {
    const { exec, untilShown, transport, type } = await connected({ '/main.py': FINALLY });
    await untilShown('runs');
    await transport.interrupt();
    expect(await exec(`${isOff}\nos.remove("off")`)).toBe('True\r\n');
    await transport.reset('soft');
    await type('\r');
    await untilShown(/runs[^]*runs/);
    await transport.reset('soft');
    await type('\r');
    await untilShown(/runs[^]*runs[^]*motors off[^]*runs/);
  });

  it('gets the time to clean up when code is cancelled', async () => {
    const { transport, exec } = await connected({});
    const code = FINALLY.replace('input()\n', '');
    const stop = new AbortController();
    let said = '';
    const run = transport.withSession((session) =>
      session.exec(code, {
        signal: stop.signal,
        onStdout: (chunk) => {
          said += text(chunk);
          if (said.includes('runs')) stop.abort();
        },
      }),
    );
    expect(await failure(run)).toMatchObject({ name: 'CancelledError' });
    expect(said).toContain('motors off');
    expect(await exec(isOff)).toBe('True\r\n');
  });

  it('is stopped even if it keeps printing', async () => {
    const loop =
      'import time\ninput()\nwhile True:\n  try:\n    while True:\n      print("on")\n      time.sleep(0.05)\n  except KeyboardInterrupt:\n    pass\n';
    const { exec, untilShown } = await connected({ '/main.py': loop });
    await untilShown('on');
    expect(await exec('print(1)', { mayInterrupt: true })).toBe('1\r\n');
  }, 30_000);
});

describe('output behind the prompt, from threads and timers', () => {
  it('is not a running program, and does not mix with code and files', async () => {
    const { exec, transport, shown, type, untilShown } = await connected({});
    const port = await freePort();
    await exec(
      [
        'import socket, _board',
        'srv = socket.socket()',
        `srv.bind(socket.getaddrinfo('127.0.0.1', ${port})[0][-1])`,
        'srv.listen(4)',
        'n = 0',
        'def tick(s):',
        ' global n',
        ' c, _ = s.accept()',
        ' n += 1',
        " print('tick', n)",
        ' c.close()',
        '_board.on_read(srv, tick)',
      ].join('\n'),
    );
    /** Makes the board print a line once. Resolves when it has. */
    const tick = () =>
      new Promise<void>((resolve, reject) => {
        dial(port, '127.0.0.1')
          .on('error', reject)
          .on('close', () => resolve())
          .resume();
      });
    await tick();
    // It arrived while the board was leaving its raw REPL, or after its prompt.
    await untilShown('tick 1');
    expect(await exec('print(6 * 7)')).toBe('42\r\n');
    await type('half = ');
    await untilShown(/half = $/);
    await tick();
    expect(await exec('print("half" in globals())')).toBe('False\r\n');

    const files = new SessionFiles((work, options) => transport.withSession(work, options));
    const content = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * i) % 251));
    const ticks: Promise<void>[] = [];
    const timer = setInterval(() => ticks.push(tick()), 50);
    ends.push(() => clearInterval(timer));
    await files.write('/data.bin', content);
    expect(Buffer.from(await files.read('/data.bin')).equals(content)).toBe(true);
    expect(await exec('print(6 * 7)')).toContain('42\r\n');
    await expect.poll(() => ticks.length).toBeGreaterThan(5);
    clearInterval(timer);
    await Promise.all(ticks);
    expect(await exec('print(n)')).toBe(`${ticks.length + 2}\r\n`);
    expect(transport.activity).toBe('idle');
    expect(shown()).toContain('tick 2');
  }, 60_000);
});
