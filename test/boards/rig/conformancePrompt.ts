import { expect } from 'vitest';
import { ProgramRunningError } from '../../../src/core/errors';
import type { Transport } from '../../../src/core/transport';
import { failure, STUBBORN, stopStubborn, type Suite } from './conformance';

const COUNTER =
  'import time\nn = 0\nwhile True:\n  n += 1\n  print("tick", n)\n  time.sleep(0.05)\n';

/**
 * Waits until the board's program has ended. Over MQTT no prompt says so if the program's output arrives before the news of its
 * end.
 */
const ended = (transport: Transport) => expect.poll(() => transport.activity).toBe('idle');

/** The board's own program, its prompt, and what the terminal sees. */
export function describePrompt({ bench, group, test }: Suite): void {
  group('a program of its own', () => {
    test(
      'is not disturbed by opening, nor by work that may not stop it',
      ['programs'],
      async () => {
        const { transport, untilShown, shown, exec } = await bench({ '/main.py': COUNTER });
        await untilShown(/tick \d+\r?\n[^]*tick \d+\r?\n/);
        expect(transport.activity).toBe('running');
        const error = await failure(exec('print(1)'));
        expect(error).toBeInstanceOf(ProgramRunningError);
        // Whole lines only: a line of 115,200 baud may have brought half of a number.
        await untilShown(/tick \d+\r?\n/, shown().length);
        const ticks = [...shown().matchAll(/tick (\d+)\r?\n/g)].map((m) => Number(m[1]));
        expect(ticks).toEqual(ticks.map((_, i) => (ticks[0] ?? 0) + i));
      },
    );

    test('is not stopped when it prints nothing', ['programs'], async () => {
      // It starts with the board, and must still run once the link has been opened on a loaded machine.
      const silent = 'import time\ntime.sleep(5)\nprint("finished by itself")\n';
      const { untilShown, exec } = await bench({ '/main.py': silent });
      expect(await failure(exec('print(1)'))).toBeInstanceOf(ProgramRunningError);
      await untilShown('finished by itself');
      await untilShown('>>> ');
      expect(await exec('print(1)')).toBe('1\n');
    });

    test('is stopped for work that may', ['programs', 'interrupt'], async () => {
      const { transport, exec, untilShown, shown } = await bench({ '/main.py': COUNTER });
      await untilShown('tick');
      expect(await exec('print(n > 0)', { mayInterrupt: true })).toBe('True\n');
      expect(transport.activity).toBe('idle');
      expect(shown()).toContain('KeyboardInterrupt');
    });

    test('is stopped in a flood of garbage', ['programs', 'interrupt', 'rawBytes'], async () => {
      const flood =
        'import sys\nb = bytes(range(128, 256)) * 8\nwhile True: sys.stdout.buffer.write(b)\n';
      const { exec } = await bench({ '/main.py': flood });
      expect(await exec('print(1)', { mayInterrupt: true })).toBe('1\n');
    });

    test(
      'is stopped in a loop that catches all',
      ['programs', 'interrupt', 'stubbornPrograms'],
      async () => {
        const { exec, shown } = await bench({ '/main.py': `import time\n${STUBBORN}` });
        const tries = await stopStubborn({ exec });
        expect(shown().split('>>> ').length - 1).toBeLessThanOrEqual(tries + 1);
      },
    );

    test('is stopped by an interrupt from the user', ['programs', 'interrupt'], async () => {
      const { transport, untilShown } = await bench({ '/main.py': COUNTER });
      await untilShown('tick');
      await transport.interrupt();
      expect(transport.activity).toBe('idle');
    });

    test('runs again after a soft reset', ['programs', 'keepsLink'], async () => {
      const main = 'print("main has run")\n';
      const { transport, untilShown, shown, exec } = await bench({ '/main.py': main });
      await exec('left = 1');
      const before = shown().length;
      await transport.reset('soft');
      await untilShown(/main has run\r?\n/, before);
      await ended(transport);
      expect(await failure(exec('left'))).toMatchObject({ type: 'NameError' });
    });

    test('runs again after a hard reset', ['programs', 'hardReset', 'keepsLink'], async () => {
      const main = 'print("main has run")\n';
      const { transport, untilShown, shown, exec } = await bench({ '/main.py': main });
      await exec('left = 1');
      const before = shown().length;
      await transport.reset('hard');
      await untilShown(/main has run\r?\n/, before);
      await ended(transport);
      expect(await failure(exec('left'))).toMatchObject({ type: 'NameError' });
    });
  });

  group('the prompt', () => {
    test(
      'is found in the raw REPL, in paste mode and behind half a line',
      ['terminal', 'rawRepl'],
      async () => {
        const { exec, type, untilShown, shown } = await bench();
        await exec('pass');
        await type('\x01');
        await untilShown('CTRL-B');
        expect(await exec('print(1)')).toBe('1\n');
        await type('\x05');
        await untilShown('=== ');
        await type('x = 5\r');
        expect(await exec('print(2)')).toBe('2\n');
        const before = shown().length;
        await type('half = 1');
        await untilShown('half = 1', before);
        expect(await exec('print("half" in globals())')).toBe('False\n');
        await type('if True:\r');
        await untilShown('... ', before);
        expect(await exec('print(3)')).toBe('3\n');
      },
    );

    test('answers in the terminal, which sees nothing of a session', ['terminal'], async () => {
      const { transport, exec, type, untilShown, shown } = await bench();
      await type('print(2**100)\r');
      await untilShown(/1267650600228229401496703205376\r?\n>>> $/);
      expect(transport.activity).toBe('idle');
      const before = shown();
      expect(await exec('print("secret work")')).toBe('secret work\n');
      expect(await failure(exec('1/0'))).toMatchObject({ type: 'ZeroDivisionError' });
      expect(shown()).toBe(before);
      await type('4+3\r');
      await untilShown(/^(4\+3\r?\n)?7\r?\n>>> $/, before.length);
    });

    test(
      'comes after keys that were typed during a session',
      ['terminal', 'interrupt'],
      async () => {
        const { transport, type, untilShown, exec } = await bench();
        await exec('pass');
        let typed = Promise.resolve();
        await transport.withSession((session) =>
          session.exec('import time\nprint(1)\ntime.sleep(0.2)', {
            onStdout: () => {
              typed = type('5+6\r');
            },
          }),
        );
        await typed;
        await untilShown(/11\r?\n>>> $/);
        const run = transport.withSession((session) =>
          session.exec('print(1)\nwhile True: pass', { onStdout: () => void type('\x03') }),
        );
        expect(await failure(run)).toMatchObject({ type: 'KeyboardInterrupt' });
      },
    );
  });
}
