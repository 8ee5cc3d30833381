import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Deferred } from '../../../src/core/async';
import { text, utf8 } from '../../../src/core/bytes';
import { CancelledError, ProgramRunningError, PythonError } from '../../../src/core/errors';
import type { Transport } from '../../../src/core/transport';
import { demoBoard, demoSettings } from '../rig/demoLab';

const transports: Transport[] = [];
afterEach(async () => {
  for (const transport of transports.splice(0)) await transport.close();
});

async function open(settings: Awaited<ReturnType<typeof demoSettings>>): Promise<Transport> {
  const transport = demoBoard(settings);
  transports.push(transport);
  await transport.open(new AbortController().signal);
  return transport;
}

function exec(transport: Transport, code: string, mayInterrupt = false): Promise<string> {
  return transport.withSession(async (session) => text(await session.exec(code)), { mayInterrupt });
}

/** Resolves with everything that the terminal has shown once it contains `wanted`. */
function shown(transport: Transport, wanted: string | RegExp): Promise<string> {
  const found = new Deferred<string>();
  let all = '';
  transport.terminal()?.onData((data) => {
    all += text(data);
    if (typeof wanted === 'string' ? all.includes(wanted) : wanted.test(all)) found.resolve(all);
  });
  return found.promise;
}

describe('the demo board', () => {
  it('starts with its banner and a prompt', async () => {
    const transport = await open(await demoSettings());
    expect(await shown(transport, '>>> ')).toMatch(/^\r\nMicroPython v[\d.]+ on .*\r\n.*\r\n>>> $/);
    await expect.poll(() => transport.activity).toBe('idle');
  });

  it('ends its program with one banner and one prompt, though work asked for the prompt meanwhile', async () => {
    const transport = await open(await demoSettings({ examples: true }));
    let all = '';
    transport.terminal()?.onData((data) => (all += text(data)));
    await expect(exec(transport, 'pass')).rejects.toBeInstanceOf(ProgramRunningError);
    await expect.poll(() => transport.activity, { timeout: 20_000 }).toBe('idle');
    expect(await exec(transport, 'print(6 * 7)')).toBe('42\r\n');
    expect(all).toMatch(/LED off\r\n[^]*LED on\r\n/);
    expect(all.split('>>> ')).toHaveLength(2);
    expect(all.split('MicroPython v')).toHaveLength(2);
    expect(all).not.toContain('raw REPL');
  });

  it('runs code: output, exceptions, state, a long program', async () => {
    const transport = await open(await demoSettings());
    expect(await exec(transport, 'print(2**100)')).toBe('1267650600228229401496703205376\r\n');
    const error: unknown = await exec(transport, 'x = 1\nnonsense').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PythonError);
    expect((error as PythonError).type).toBe('NameError');
    const long = `y = x\n${'y = y + 1 # a line\n'.repeat(5000)}print(y)`;
    expect(await exec(transport, long)).toBe('5001\r\n');
  });

  it('passes every byte both ways', async () => {
    const transport = await open(await demoSettings());
    const code = [
      'import sys, micropython',
      'micropython.kbd_intr(-1)',
      'b = sys.stdin.buffer.read(65536)',
      'micropython.kbd_intr(3)',
      'sys.stdout.buffer.write(bytes(i for i in range(256) if i != 4))',
      'print(len(b), sum(b))',
    ].join('\n');
    const bytes = Uint8Array.from({ length: 65536 }, (_, i) => i);
    const output = await transport.withSession((session) =>
      session.exec(code, { onStart: (write) => void write(bytes) }),
    );
    expect(Array.from(output.subarray(0, 255))).toEqual(
      Array.from({ length: 256 }, (_, i) => i).filter((i) => i !== 4),
    );
    expect(text(output.subarray(255))).toBe(`65536 ${255 * 128 * 256}\r\n`);
  });

  it('supports input() at the prompt, with corrections', async () => {
    const transport = await open(await demoSettings());
    await shown(transport, '>>> ');
    const asked = shown(transport, /Name\? $/);
    await transport.terminal()?.write(utf8('x = input("Name? ")\r'));
    await asked;
    const answer = shown(transport, /len 3 Zoé\r\n>>> $/);
    await transport.terminal()?.write(utf8('Zoéü\x7f\rprint("len", len(x), x)\r'));
    expect(await answer).toContain('Zoéü\b \b\r\n');
  });

  it('has a REPL with completion, history and paste mode', async () => {
    const transport = await open(await demoSettings());
    await shown(transport, '>>> ');
    const answer = shown(transport, /\r\n7\r\n>>> $/);
    await transport.terminal()?.write(utf8('import mic\t\rmicropython.opt_l\t() + 7\r'));
    expect(await answer).toContain('micropython.opt_level');
    const pasted = shown(transport, /\r\nin paste mode\r\n>>> $/);
    await transport.terminal()?.write(utf8('\x05if 1:\r  print("in " + "paste mode")\r\x04'));
    await pasted;
  });

  it.each([
    ['prints', 'while True: print("on")'],
    ['sleeps', 'import time\nwhile True: time.sleep(3600)'],
    ['reads', 'import sys\nsys.stdin.read(1)'],
    ['asks', 'input("Name? ")'],
    ['only computes', 'while True: pass'],
  ])('interrupts a program that %s', async (_, code) => {
    const transport = await open(await demoSettings());
    await exec(transport, 'open("kept.txt", "w").write("yes")');
    const controller = new AbortController();
    const run = transport.withSession((session) => {
      const running = session.exec(code, { signal: controller.signal });
      setTimeout(() => controller.abort(), 300); // in the middle of it
      return running;
    });
    await expect(run).rejects.toBeInstanceOf(CancelledError);
    expect(await exec(transport, 'print(open("kept.txt").read())')).toBe('yes\r\n');
  });

  it('runs boot.py and main.py at power-on, and shows their output and tracebacks', async () => {
    const settings = await demoSettings();
    const first = await open(settings);
    await exec(first, 'open("boot.py","w").write("print(\'boot\')\\nb=1\\n")');
    await exec(first, 'open("main.py","w").write("print(\'main\', b)\\n1/0\\n")');
    await first.close();
    const second = await open(settings);
    const said = await shown(second, '>>> ');
    expect(said).toMatch(/^boot\r\nmain 1\r\n/);
    expect(said).toContain(
      'Traceback (most recent call last):\r\n  File "main.py", line 2, in <module>\r\nZeroDivisionError',
    );
    expect(await exec(second, 'print(b)')).toBe('1\r\n');
  });

  it.each(['soft', 'hard'] as const)(
    'keeps its files and forgets its variables at a %s reset',
    async (mode) => {
      const transport = await open(await demoSettings());
      await exec(
        transport,
        'x = 5\nimport os\nos.mkdir("lib")\nopen("lib/a b#é.py","w").write("Z = 1")',
      );
      const again = shown(transport, /MicroPython v[^>]*>>> $/);
      await transport.reset(mode);
      await again;
      const code =
        'import os\nprint("x" in globals(), os.listdir("/lib"), open("/lib/a b#é.py").read())';
      expect(await exec(transport, code)).toBe("False ['a b#\\xe9.py'] Z = 1\r\n");
    },
  );

  it('numbers errors as boards do, and its flash can be full', async () => {
    const transport = await open(await demoSettings({ flashBytes: 64 * 1024 }));
    const errno = (code: string) =>
      exec(transport, `import os\ntry:\n ${code}\nexcept OSError as e: print(e.errno)`);
    await exec(transport, 'import os\nos.mkdir("/d")\nopen("/d/f","w").close()');
    expect(await errno('os.stat("/nope")')).toBe('2\r\n');
    expect(await errno('open("/no/file","w")')).toBe('2\r\n');
    expect(await errno('os.mkdir("/d")')).toBe('17\r\n');
    expect(await errno('open("/d","w")')).toBe('21\r\n');
    expect(await errno('os.remove("/d")')).toBe('21\r\n');
    expect(await errno('os.rmdir("/d")')).toBe('39\r\n');
    expect(await errno('os.listdir("/d/f")')).toBe('20\r\n');
    expect(await errno('open("/big","wb").write(bytes(100_000))')).toBe('28\r\n');
  });

  it('has the module machine', async () => {
    const transport = await open(await demoSettings());
    const code =
      'import machine\nfrom machine import Pin\np = Pin(2, Pin.OUT)\np.on()\nprint(len(machine.unique_id()), p.value(), machine.freq() > 0)';
    expect(await exec(transport, code)).toBe('8 1 True\r\n');
    const again = shown(transport, /MicroPython v[^>]*>>> $/);
    await transport.terminal()?.write(utf8('machine.reset()\r'));
    await again;
  });

  it('gives programs no access to this computer', async () => {
    const transport = await open(await demoSettings());
    const attempts = [
      'import js\nprint(js.process)',
      'import js\nprint(js.eval("1+1"))',
      'import js\nprint(js.Object.constructor("return 1"))',
      'import js\nprint(js.fetch)',
      'import js\nprint(js.globalThis)',
      // The interpreter's own objects: its file system leads to open files of this computer.
      'import js\nprint(js.Module.FS)',
      'import js\nprint(js.loadMicroPython)',
      'import js\nprint(js.proxy_js_ref)',
      // Node writes through it to the program that started the board.
      'import js\nprint(js.console._stdout)',
      'import js\nprint(js.Error.prepareStackTrace)',
      'import js\nprint(js.Buffer)',
      'import js\nprint(js.WebAssembly)',
      'import js\nprint(js.setTimeout(lambda: None, 1).constructor)',
      'import _demo\nprint(_demo.sleep.constructor("return process")())',
      // Objects that the interpreter makes for a program: promises, what a promise hands over, iterators.
      'import js\nprint(js.Promise.resolve().constructor.constructor)',
      'import js\nprint(js.Object.getPrototypeOf(js.Promise.resolve().then).constructor)',
      'import js\nprint(js.Symbol.constructor)',
      'import js\nprint(js.Map.new().entries().next.constructor)',
      'import js\nprint(js.MessageChannel)',
      'import js\nprint(js.structuredClone)',
    ];
    for (const code of attempts) {
      const result = await exec(transport, code).catch((error: unknown) => error);
      expect(result, code).toSatisfy(
        (r) => r instanceof PythonError || /^(<undefined>|None)\r\n$/.test(String(r)),
      );
    }
    // A function that a program could replace would see, and could change, the paths of files.
    const prototypes = [
      '_demo.space().__proto__',
      '_demo.space().__proto__.__proto__',
      ...[
        'Object.new("x")',
        'Object.new(1)',
        'Map.new()',
        'Promise.resolve()',
        'Uint8Array.new(1)',
      ].map((made) => `js.Object.getPrototypeOf(js.${made})`),
      'js.Object.getPrototypeOf(js.Object.getPrototypeOf(js.Uint8Array.new(1)))',
      ...['Object', 'Array', 'String', 'JSON', 'Math'].map((name) => `js.${name}`),
    ];
    const frozen = `import js, _demo\nprint(*[js.Object.isFrozen(p) for p in (${prototypes.join()})])`;
    expect(await exec(transport, frozen)).toBe(`${prototypes.map(() => 'True').join(' ')}\r\n`);
    const outside = await exec(
      transport,
      'import os\nos.chdir("..")\nprint(os.listdir("/x/../.."), os.listdir("../../"))',
    );
    expect(outside).toBe('[] []\r\n');
  });

  it('comes with examples that work and that stay deleted', async () => {
    const settings = await demoSettings({ examples: true });
    const first = await open(settings);
    expect(await shown(first, '>>> ')).toMatch(/^LED on\r\nLED off\r\n/);
    const hello = 'exec(open("hello.py").read())';
    expect(await exec(first, hello)).toContain('Hello, world from micropython');
    await exec(first, 'import os\nos.remove("hello.py")');
    await first.close();
    const second = await open(settings);
    expect(await exec(second, 'import os\nprint(sorted(os.listdir()))', true)).toBe(
      "['lib', 'main.py']\r\n",
    );
  });

  it('keeps boards apart, and the same board the same', async () => {
    const settings = await demoSettings();
    const one = demoBoard(settings, '1');
    const two = demoBoard(settings, '2');
    transports.push(one, two);
    const signal = new AbortController().signal;
    await Promise.all([one.open(signal), two.open(signal)]);
    const uid = 'import machine\nprint(machine.unique_id())';
    expect(await exec(one, uid)).not.toBe(await exec(two, uid));
    await exec(one, 'open("f","w").close()');
    expect(await exec(two, 'import os\nprint(os.listdir())')).toBe('[]\r\n');
    expect(existsSync(join(settings.storage))).toBe(true);
  });
});
