import type { InputRing } from './inputRing';
import type { Interpreter } from './interpreter';
import type { StartMode } from './messages';

const CTRL_A = 0x01;
const CTRL_B = 0x02;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_E = 0x05;
const RETURN = 0x0d;
const RAW_BANNER = 'raw REPL; CTRL-B to exit\r\n>';
/** Raw-paste window in bytes, which fits easily into the input ring. */
const WINDOW = 16384;
const INTERRUPTED = 'Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n';

/**
 * The REPL of the demo board. Line editing is MicroPython's own. The raw REPL is implemented here,
 * because the build's own one hangs in raw-paste mode (protocol: MicroPython's documentation, "The
 * raw REPL").
 */
export class Repl {
  #raw = false;
  #line: number[] = [];
  /** Bytes received in the current raw-paste; undefined outside of it. */
  #pasted: number | undefined;

  constructor(
    private readonly python: Interpreter,
    private readonly ring: InputRing,
    /** Called with the way in which the interpreter must restart. */
    private readonly reset: (start: StartMode) => void,
  ) {}

  /** Performs a power-on or reset, up to the prompt. */
  start(mode: StartMode): void {
    const raw = mode === 'raw' || mode === 'bareRaw';
    const exit = mode !== 'bare' && mode !== 'bareRaw' && this.#runPrograms(raw);
    if (exit) {
      this.reset(raw ? 'raw' : 'soft');
      return;
    }
    if (raw) {
      this.python.capture(() => {
        this.python.beginRepl();
        this.python.key(CTRL_A);
      });
      this.#beginRaw();
      if (mode === 'raw') this.python.say(RAW_BANNER);
    } else {
      this.python.beginRepl();
    }
    this.python.flush();
  }

  /** Returns true if one of the programs requested a soft reset. */
  #runPrograms(raw: boolean): boolean {
    if (this.python.runFile('boot.py').exit) return true;
    return !raw && this.python.runFile('main.py').exit;
  }

  /** Takes one byte of input. */
  feed(byte: number): void {
    if (this.#pasted !== undefined) this.#paste(byte);
    else if (this.#raw) this.#feedRaw(byte);
    else this.#feedFriendly(byte);
  }

  #feedFriendly(byte: number): void {
    if (byte === RETURN) this.python.flush(); // a program may start: show its input line first
    if (byte === CTRL_A) this.#onCtrlA();
    else if (this.python.key(byte)) this.#softReset();
  }

  /**
   * Passes Ctrl-A to the line editor: only it knows whether this is a command (empty line) or moves
   * the cursor.
   */
  #onCtrlA(): void {
    const said = this.python.capture(() => this.python.key(CTRL_A));
    if (said.includes(RAW_BANNER)) this.#beginRaw();
    this.python.say(said);
  }

  #beginRaw(): void {
    this.#raw = this.ring.raw = true;
    this.#line = [];
  }

  #feedRaw(byte: number): void {
    switch (byte) {
      case CTRL_A:
        if (this.#line.length === 2 && this.#line[0] === CTRL_E && this.#line[1] === 0x41) {
          this.#line = [];
          this.#pasted = 0;
          this.python.say('R\x01');
          this.python.say(String.fromCharCode(WINDOW & 0xff, WINDOW >> 8));
          return;
        }
        this.#line = [];
        this.python.say(RAW_BANNER);
        return;
      case CTRL_B:
        this.#raw = this.ring.raw = false;
        this.#line = [];
        this.python.key(CTRL_B);
        return;
      case CTRL_C:
        this.#line = [];
        return;
      case CTRL_D:
        this.python.say('OK');
        if (this.#line.length > 0) {
          this.#run();
        } else {
          this.python.say('\r\n');
          this.#softReset();
        }
        return;
      default:
        this.#line.push(byte);
    }
  }

  #paste(byte: number): void {
    if (byte === CTRL_C) {
      this.#pasted = undefined;
      this.#line = [];
      this.python.say(`\x04\x04${INTERRUPTED}\x04>`);
    } else if (byte === CTRL_D) {
      this.#pasted = undefined;
      this.python.say('\x04');
      this.#run();
    } else {
      this.#line.push(byte);
      this.#pasted = (this.#pasted ?? 0) + 1;
      if (this.#pasted % WINDOW === 0) this.python.say('\x01');
    }
  }

  #run(): void {
    const code = Buffer.from(this.#line).toString();
    this.#line = [];
    this.python.flush();
    const { traceback, exit } = this.python.run(code);
    this.python.say(`\x04${traceback}\x04`);
    if (exit) this.#softReset();
    else this.python.say('>');
  }

  #softReset(): void {
    this.python.say('MPY: soft reboot\r\n');
    this.reset(this.#raw ? 'raw' : 'soft');
  }
}
