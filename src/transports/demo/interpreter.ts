import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import bootCode from '../../../board/snippets/demoBoot.py';
import { encodeName, HostFs, type DeviceOps, type EmscriptenFs } from './hostFs';
import type { InputRing } from './inputRing';
import type { WorkerSettings } from './messages';
import { Output } from './output';

/** The parts of MicroPython's micropython.mjs used here. */
interface MicroPython {
  readonly FS: EmscriptenFs;
  readonly _module: {
    _mp_sched_keyboard_interrupt(): void;
    _mp_hal_get_interrupt_char(): number;
  };
  registerJsModule(name: string, module: object): void;
  runPython(code: string): unknown;
  replInit(): void;
  replProcessChar(byte: number): number;
}
interface Loader {
  readonly loadMicroPython: (options: object) => Promise<MicroPython>;
}

const CTRL_C = 0x03;
const POLLIN = 1;
const HEAP_BYTES = 256 * 1024; // grows automatically
/** Maximum output bytes in transit to the extension. */
const MOST_UNTAKEN = 256 * 1024;
/** Milliseconds of one wait before checking for Ctrl-C again. */
const WAIT_MS = 1000;

/** What the interpreter needs from its worker. */
export interface Surroundings {
  output(bytes: Uint8Array): void;
  /** The input ring has room again, and the extension is waiting for it. */
  room(): void;
  /** machine.reset(): does not return. */
  reset(): never;
}

/**
 * How code ended: the traceback as a board prints it ('' on success), and whether by SystemExit (a
 * soft reset follows).
 */
export interface Outcome {
  readonly traceback: string;
  readonly exit: boolean;
}

/**
 * MicroPython's WebAssembly build, extended to behave like a board: input and Ctrl-C while code
 * runs, persistent files, a machine module.
 */
export class Interpreter {
  readonly #output: Output;
  /** KeyboardInterrupt has been scheduled and may not have been raised yet. */
  #interrupted = false;
  #python!: MicroPython;

  private constructor(
    private readonly settings: WorkerSettings,
    private readonly ring: InputRing,
    private readonly around: Surroundings,
  ) {
    this.#output = new Output((bytes) => this.#handOn(bytes));
  }

  /** Loads MicroPython and prepares its file system, modules and terminal. */
  static async start(
    settings: WorkerSettings,
    ring: InputRing,
    around: Surroundings,
  ): Promise<Interpreter> {
    const self = new Interpreter(settings, ring, around);
    const url = pathToFileURL(settings.micropython).href;
    const { loadMicroPython } = (await import(url)) as Loader;
    self.#python = await loadMicroPython({
      heapsize: HEAP_BYTES,
      linebuffer: false,
      url: join(dirname(settings.micropython), 'micropython.wasm'),
      stdin: () => self.#readStdin(),
      stdout: () => undefined, // a device of its own, configured below
    });
    self.#setUp();
    return self;
  }

  /** Sends buffered output. */
  flush(): void {
    this.#output.flush();
  }

  #handOn(bytes: Uint8Array): void {
    this.around.output(bytes);
    // Limits unprocessed output, like a serial line. Ctrl-C still works during the wait.
    while (this.ring.untaken > MOST_UNTAKEN) {
      this.checkInterrupt();
      this.ring.waitUntilTaken(WAIT_MS);
    }
  }

  /** Prints as the firmware itself does. */
  say(text: string): void {
    this.#output.bytes(Buffer.from(text));
  }

  /** Prints the friendly REPL's banner and prompt. */
  beginRepl(): void {
    this.#python.replInit();
  }

  /** Processes one key in the friendly REPL. Returns true if it requests a soft reset. */
  key(byte: number): boolean {
    const exit = this.#running(() => this.#python.replProcessChar(byte)) !== 0;
    if (this.#interrupted) this.say(this.#raiseLate());
    return exit;
  }

  /** Returns the output of `work`, which is not shown. */
  capture(work: () => void): string {
    return this.#output.capture(work);
  }

  /** Runs code like a board's raw REPL. */
  run(code: string): Outcome {
    this.#interruptChar(CTRL_C);
    try {
      this.#running(() => this.#python.runPython(code));
      return { traceback: this.#raiseLate(), exit: false };
    } catch (error) {
      this.#interrupted = false;
      return outcomeOf(error);
    } finally {
      this.#interruptChar(-1);
    }
  }

  /**
   * Raises a Ctrl-C that arrived with a program's last bytecode here, so that it does not hit the
   * next program.
   */
  #raiseLate(): string {
    if (!this.#interrupted) return '';
    this.#interrupted = false;
    try {
      this.#python.runPython('[0 for _ in range(2)]'); // pending exceptions are checked at the end of a loop iteration
      return '';
    } catch (error) {
      return outcomeOf(error).traceback;
    }
  }

  /** Runs a file from flash if it exists, and shows its traceback. */
  runFile(name: string): Outcome {
    if (!existsSync(join(this.settings.folder, encodeName(name)))) {
      return { traceback: '', exit: false };
    }
    const outcome = this.run(`exec(compile(open("${name}").read(),"${name}","exec"),globals())`);
    const traceback = outcome.traceback.replace('  File "<stdin>", line 1, in <module>\r\n', '');
    this.say(traceback);
    return { ...outcome, traceback };
  }

  #setUp(): void {
    const { FS } = this.#python;
    const host = new HostFs(FS, this.settings.folder, this.settings.flashBytes);
    FS.mkdir('/flash');
    FS.mount(host.type, {}, '/flash');
    FS.createDevice('/dev', 'raw', undefined, () => undefined);
    deviceOps(FS, 'raw').write = (_, memory, offset, length) => this.#write(memory, offset, length);
    deviceOps(FS, 'stdout').write = (_, memory, offset, length) =>
      this.#print(memory, offset, length);
    deviceOps(FS, 'stdin').poll = () => this.#pollStdin();
    this.#python.registerJsModule('_demo', {
      space: () => host.space(),
      sleep: (ms: number) => this.#sleep(ms),
      uid: () => this.settings.uid,
      reset: () => {
        this.flush();
        this.around.reset();
      },
    });
    this.#python.runPython(bootCode);
  }

  #running<T>(work: () => T): T {
    this.ring.running = true;
    try {
      return work();
    } finally {
      this.ring.running = false;
    }
  }

  #interruptChar(value: number): void {
    this.#python.runPython(`__import__("micropython").kbd_intr(${value})`);
  }

  /** Converts a Ctrl-C into KeyboardInterrupt, whenever Python code calls the host. */
  checkInterrupt(): boolean {
    if (this.ring.scanned === this.ring.written) return false;
    if (this.#python._module._mp_hal_get_interrupt_char() !== CTRL_C) {
      this.ring.skipInterrupts();
      return false;
    }
    if (!this.ring.takeInterrupt()) return false;
    this.#python._module._mp_sched_keyboard_interrupt();
    this.#interrupted = true;
    return true;
  }

  /** Blocks until a byte arrives. Null ends the read, so that the interrupt is raised. */
  #readStdin(): number | null {
    for (;;) {
      const seen = this.ring.written;
      if (this.checkInterrupt()) return null;
      const byte = this.ring.readByte();
      if (byte !== undefined) {
        if (this.ring.takeHostWaits()) this.around.room();
        return byte;
      }
      this.flush();
      this.ring.waitSince(seen, WAIT_MS);
    }
  }

  #sleep(ms: number): void {
    this.flush();
    const end = performance.now() + ms;
    for (;;) {
      const seen = this.ring.written;
      const left = end - performance.now();
      if (this.checkInterrupt() || left <= 0) return;
      this.ring.waitSince(seen, left);
    }
  }

  /** Returns whether there is input. The caller polls repeatedly, so this waits briefly. */
  #pollStdin(): number {
    const seen = this.ring.written;
    this.checkInterrupt();
    if (this.ring.available > 0) return POLLIN;
    this.flush();
    this.ring.waitSince(seen, 1);
    return this.ring.available > 0 ? POLLIN : 0;
  }

  /** Writes to sys.stdout.buffer: unmodified bytes. */
  #write(memory: Uint8Array, offset: number, length: number): number {
    this.#output.bytes(memory.subarray(offset, offset + length));
    return this.#written(length);
  }

  #print(memory: Uint8Array, offset: number, length: number): number {
    const lineEnded = this.#output.text(memory.subarray(offset, offset + length));
    // A program that only computes from here on offers no other chance to show its line.
    if (lineEnded && this.ring.running) this.flush();
    return this.#written(length);
  }

  #written(length: number): number {
    this.#output.flushOld();
    this.checkInterrupt();
    return length;
  }
}

/** Returns how an Emscripten character device reacts to writes and polls. */
function deviceOps(fs: EmscriptenFs, name: string): DeviceOps {
  return fs.getDevice(fs.lookupPath(`/dev/${name}`).node.rdev).stream_ops;
}

/**
 * Returns how code ended.
 * @throws errors that do not come from Python: a fault of the interpreter itself
 */
function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Error) || error.name !== 'PythonError') throw error;
  const exit = 'type' in error && error.type === 'SystemExit';
  return { traceback: exit ? '' : error.message.replace(/\r?\n/g, '\r\n'), exit };
}
