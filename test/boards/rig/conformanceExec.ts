import { expect } from 'vitest';
import { Deferred } from '../../../src/core/async';
import { concat, text, utf8 } from '../../../src/core/bytes';
import { CancelledError, PythonError, TimeoutError, UsageError } from '../../../src/core/errors';
import { readInfo } from '../../../src/core/board/readInfo';
import { failure, STUBBORN, stopStubborn, type Suite } from './conformance';

/** Running code: its output, its errors, its end. */
export function describeExec({ subject, bench, group, test }: Suite): void {
  const newline = subject.newline ?? '\r\n';
  const large = (subject.largeKb ?? 1024) * 1024;

  group('running code', () => {
    test('gives what it prints, and keeps names for the next', [], async () => {
      const { transport } = await bench();
      await transport.withSession(async (session) => {
        expect(await session.exec('a = 2**100')).toHaveLength(0);
        expect(text(await session.exec('print(a)'))).toBe(
          `1267650600228229401496703205376${newline}`,
        );
        expect(text(await session.exec('print(1)\nprint("ä€😀", end="")'))).toBe(`1${newline}ä€😀`);
        expect(await session.exec('')).toHaveLength(0);
      });
    });

    test('gives output as it comes', [], async () => {
      const { transport } = await bench();
      const heard: { at: number; text: string }[] = [];
      const code = 'import time\nprint("one")\ntime.sleep_ms(400)\nprint("two")';
      await transport.withSession((session) =>
        session.exec(code, {
          onStdout: (chunk) => heard.push({ at: performance.now(), text: text(chunk) }),
        }),
      );
      const end = performance.now();
      expect(heard.map((h) => h.text).join('')).toBe(`one${newline}two${newline}`);
      expect(end - (heard[0]?.at ?? end)).toBeGreaterThan(300);
    });

    test('gives the traceback of an exception, and goes on', [], async () => {
      const { transport, exec } = await bench();
      const error = await failure(exec('print("before")\ndef f():\n  return 1/0\nf()'));
      expect(error).toBeInstanceOf(PythonError);
      expect(error).toMatchObject({ type: 'ZeroDivisionError' });
      expect(error instanceof PythonError && error.traceback).toMatch(
        /line 4[^]*line 3[^]*ZeroDivisionError/,
      );
      expect(await failure(exec('def ('))).toMatchObject({ type: 'SyntaxError' });
      const late = `${'x = 1\n'.repeat(60)}def (\n${'y = 1\n'.repeat(60)}`;
      expect(await failure(exec(late))).toMatchObject({ type: 'SyntaxError' });
      const own = 'class Own(Exception):\n pass\nraise Own("why: \\x04")';
      expect(await failure(exec(own))).toMatchObject({ name: 'PythonError' });
      expect(await transport.withSession((s) => s.exec('print(1)'))).toEqual(utf8(`1${newline}`));
    });

    test('refuses control characters, which the REPL would obey', ['rawRepl'], async () => {
      const { exec } = await bench();
      expect(await failure(exec('print("\x04")'))).toBeInstanceOf(UsageError);
      expect(await exec('print(1)')).toBe('1\n');
    });

    test('takes 100 kB of code', ['largeCode'], async () => {
      const { exec } = await bench();
      const code = `n = 0\n${`n += 1 # ${'x'.repeat(90)}\n`.repeat(1000)}print(n)`;
      expect(await exec(code)).toBe('1000\n');
    });

    test('takes code of every length around the flow-control window', [], async () => {
      const { transport } = await bench();
      await transport.withSession(async (session) => {
        for (const size of [1, 2, 63, 64, 126, 127, 128, 129, 255, 256, 257, 383, 384, 385, 512]) {
          const code = `#${'x'.repeat(Math.max(0, size - 10))}\nprint(7)`.slice(-size);
          if (size < 10) expect(await session.exec('#'.repeat(size))).toHaveLength(0);
          else expect(text(await session.exec(code)), `${size} bytes`).toBe(`7${newline}`);
        }
      });
    });

    test('gives 1 MB of output whole', [], async () => {
      const { transport } = await bench();
      const lines = Math.floor(large / 1024);
      const code = `for i in range(${lines}): print('%08d' % i + 'x' * 1000)`;
      const output = await transport.withSession((session) => session.exec(code));
      const expected = Array.from(
        { length: lines },
        (_, i) => `${String(i).padStart(8, '0')}${'x'.repeat(1000)}${newline}`,
      ).join('');
      expect(text(output)).toBe(expected);
    });

    test('passes bytes that are no text, 0x04 among them', ['rawBytes'], async () => {
      const { transport } = await bench();
      const code =
        'import sys\nb = bytes(range(256))\nfor i in range(4): sys.stdout.buffer.write(b)';
      const output = await transport.withSession((session) => session.exec(code));
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      expect(Buffer.from(output)).toEqual(Buffer.from(concat([all, all, all, all])));
      const stray = 'sys.stdout.buffer.write(b"\\x04\\x04 \\x04OK\\x04>x\\x04\\x04\\x04")';
      const strayed = await transport.withSession((session) =>
        session.exec(`import sys\n${stray}`),
      );
      expect(text(strayed)).toBe('\x04\x04 \x04OK\x04>x\x04\x04\x04');
    });

    test('feeds running code with every byte value', ['stdin'], async () => {
      const { transport } = await bench();
      const code = [
        'import sys, micropython',
        'micropython.kbd_intr(-1)',
        'print("now")',
        'b = sys.stdin.buffer.read(256)',
        'micropython.kbd_intr(3)',
        'print(sum(b), len(set(b)))',
      ].join('\n');
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      const started = new Deferred<(data: Uint8Array) => Promise<void>>();
      const says = new Deferred<undefined>(); // until then, 0x03 interrupts the code
      const run = transport.withSession((session) =>
        session.exec(code, {
          onStart: (write) => started.resolve(write),
          onStdout: () => says.resolve(undefined),
        }),
      );
      run.catch((error: unknown) => says.reject(error));
      await says.promise;
      await (
        await started.promise
      )(all);
      expect(text(await run).split(/\s+/)).toEqual(['now', '32640', '256', '']);
    });

    test('is in step again when failed code has left input unread', ['stdin'], async () => {
      const { transport, exec } = await bench();
      const sent: Promise<void>[] = [];
      const run = transport.withSession((session) =>
        session.exec('import sys\nsys.stdin.buffer.read(1)\n1/0', {
          onStart: (write) => void sent.push(write(utf8('x'.repeat(100) + '\rprint(5)\r'))),
        }),
      );
      expect(await failure(run)).toMatchObject({ type: 'ZeroDivisionError' });
      await Promise.all(sent);
      expect(await exec('print(6)')).toBe('6\n');
    });

    test(
      'survives SystemExit and a soft reset from code',
      ['programs', 'keepsLink', 'rawRepl'],
      async () => {
        const { exec } = await bench();
        await exec('a = 1\nraise SystemExit');
        expect(await failure(exec('print(a)'))).toMatchObject({ type: 'NameError' });
      },
    );

    test('says what the board is', [], async () => {
      const { transport } = await bench();
      const info = await transport.withSession((session) => readInfo(session));
      expect(info.implementation).toBe('micropython');
      expect(info.version).toMatch(/^\d+\.\d+/);
      expect(info.platform).not.toBe('');
    });
  });

  group('ending code', () => {
    test('interrupts without a verdict', ['interrupt'], async () => {
      const { transport, exec } = await bench();
      let asked = false;
      const run = transport.withSession((session) =>
        session.exec('print("go")\nwhile True: pass', {
          // Only once: the oldest firmware keeps a late Ctrl-C for the next code.
          onStdout: () => {
            if (!asked) void transport.interrupt();
            asked = true;
          },
        }),
      );
      expect(await failure(run)).toMatchObject({ type: 'KeyboardInterrupt' });
      expect(await exec('print(1)')).toBe('1\n');
    });

    test('aborts code that runs, floods or sleeps', ['interrupt'], async () => {
      const { transport, exec } = await bench();
      for (const body of ['pass', 'print("x" * 100)', 'time.sleep(10)']) {
        const abort = new AbortController();
        const code = `import time\nprint("go")\nwhile True: ${body}`;
        const run = transport.withSession((session) =>
          session.exec(code, { onStdout: () => abort.abort(), signal: abort.signal }),
        );
        expect(await failure(run), body).toBeInstanceOf(CancelledError);
        expect(await exec('print(1)'), body).toBe('1\n');
      }
    });

    test(
      'aborts code that catches every exception',
      ['interrupt', 'stubbornPrograms'],
      async () => {
        const { transport, exec } = await bench();
        const abort = new AbortController();
        const code = `import time\nprint("go")\n${STUBBORN}`;
        const run = transport.withSession((session) =>
          session.exec(code, { onStdout: () => abort.abort(), signal: abort.signal }),
        );
        const error = await failure(run);
        expect(
          error instanceof CancelledError || error instanceof TimeoutError,
          error.message,
        ).toBe(true);
        await stopStubborn({ exec });
      },
    );

    test('aborts while the code is still on its way', ['largeCode'], async () => {
      const { transport, exec } = await bench();
      const code = '# a comment that is on its way\n'.repeat(3000);
      for (const ms of [0, 1, 3, 10]) {
        const signal = AbortSignal.timeout(ms);
        const run = transport.withSession((session) => session.exec(code, { signal }));
        const outcome = await run.then(
          () => 'done',
          (error: unknown) => (error as Error).name,
        );
        expect(['done', 'CancelledError', 'TimeoutError']).toContain(outcome);
        expect(await exec('print(1)')).toBe('1\n');
      }
    });

    test('gives up on code that says nothing for too long', ['interrupt'], async () => {
      const { transport, exec } = await bench();
      const run = transport.withSession((session) =>
        session.exec('import time\ntime.sleep(30)', { idleTimeoutMs: 200 }),
      );
      expect(await failure(run)).toBeInstanceOf(TimeoutError);
      expect(await exec('print(1)')).toBe('1\n');
    });

    test('rejects what is under way when the link is closed', [], async () => {
      const { transport } = await bench();
      const run = transport.withSession((session) =>
        session.exec('print("go")\nwhile True: pass', { onStdout: () => void transport.close() }),
      );
      const waiting = transport.withSession((session) => session.exec('pass'));
      for (const error of await Promise.all([failure(run), failure(waiting)])) {
        expect(error).toMatchObject({ code: 'connectionLost' });
      }
    });

    test('serialises sessions, each to its end', [], async () => {
      const { transport } = await bench();
      const order: string[] = [];
      const abort = new AbortController();
      const works = Array.from({ length: 12 }, (_, i) =>
        transport.withSession(async (session) => {
          await session.exec(`a = ${i}`);
          order.push(text(await session.exec('print(a)')).trim());
        }),
      );
      const never = transport.withSession(() => Promise.resolve(), { signal: abort.signal });
      abort.abort();
      expect(await failure(never)).toBeInstanceOf(CancelledError);
      await Promise.all(works);
      expect(order).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
    });

    test('lets a session fail without harm to the next', [], async () => {
      const { transport, exec } = await bench();
      const own = new Error('own');
      expect(await failure(transport.withSession(() => Promise.reject(own)))).toBe(own);
      expect(await exec('print(1)')).toBe('1\n');
    });
  });
}
