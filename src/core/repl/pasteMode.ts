import * as l10n from '@vscode/l10n';
import { abortable, Deferred, systemClock, type Clock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { TimeoutError } from '../errors';
import type { Event } from '../events';

/** A REPL, as paste mode uses it. */
export interface PasteLink {
  readonly onData: Event<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
}

const CTRL_C = Uint8Array.of(0x03);
const CTRL_D = Uint8Array.of(0x04);
const CTRL_E = Uint8Array.of(0x05);
const CR = 0x0d;

/** MicroPython prints this before every line in paste mode (shared/runtime/pyexec.c, CircuitPython alike). */
const PROMPT = utf8('=== ');

const FRIENDLY = utf8('>>> ');

/** Bytes sent before waiting for their echo: well below the 260 bytes that a UART port holds. */
const CHUNK = 64;

/**
 * Longest wait in milliseconds for the echo of a chunk or the next prompt; progress restarts it.
 */
const ECHO_MS = 5000;

/**
 * Sends lines through MicroPython's paste mode, so that they arrive unchanged: no auto-indent, and
 * no loss, because each piece waits for the board's echo. The code runs after the last line; its
 * output is not awaited.
 * @throws TimeoutError if the board does not echo (Ctrl-C then returns it to its prompt),
 * CancelledError
 */
export async function pasteCode(
  link: PasteLink,
  code: string,
  options: { signal?: AbortSignal; clock?: Clock } = {},
): Promise<void> {
  const echo = new Echo(link, options.clock ?? systemClock, options.signal);
  try {
    // Paste mode starts only at an empty prompt: Ctrl-C clears the line.
    await echo.send(CTRL_C, FRIENDLY);
    await echo.send(CTRL_E, PROMPT);
    for (const line of linesOf(code)) await sendLine(echo, line);
    await link.write(CTRL_D);
  } catch (error) {
    await link.write(CTRL_C);
    throw error;
  } finally {
    echo.dispose();
  }
}

/**
 * Removes what paste mode would treat as commands (Ctrl-C, Ctrl-D) and other control characters,
 * which Python does not use.
 */
function linesOf(code: string): string[] {
  const lines = code
    .replace(/\r\n?/g, '\n')
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    .replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, '')
    .split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function sendLine(echo: Echo, line: string): Promise<void> {
  const bytes = utf8(line);
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK);
    await echo.send(chunk, chunk);
  }
  await echo.send(Uint8Array.of(CR), PROMPT);
}

/** Waits for output of the board. */
class Echo {
  #heard: Uint8Array = new Uint8Array();
  #awaited: Uint8Array | undefined;
  #done = new Deferred<undefined>();
  readonly #subscription;

  constructor(
    private readonly link: PasteLink,
    private readonly clock: Clock,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#subscription = link.onData((chunk) => {
      this.#heard = concat([this.#heard, chunk]);
      this.#check();
    });
  }

  /** Sends `data` and waits for `expected`, after everything awaited before. */
  async send(data: Uint8Array, expected: Uint8Array): Promise<void> {
    this.#awaited = expected;
    this.#done = new Deferred();
    const timer = this.clock.after(ECHO_MS, () => this.#done.reject(silent()));
    try {
      await this.link.write(data);
      this.#check();
      await abortable(this.#done.promise, this.signal);
    } finally {
      timer.dispose();
      this.#awaited = undefined;
    }
  }

  #check(): void {
    if (!this.#awaited) return;
    const at = indexOf(this.#heard, this.#awaited);
    if (at < 0) return;
    this.#heard = this.#heard.subarray(at + this.#awaited.length);
    this.#done.resolve(undefined);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

function silent(): TimeoutError {
  return new TimeoutError(l10n.t('The board does not accept the pasted text'), {
    hint: l10n.t('Nothing was run. Stop the program on it, then paste again.'),
  });
}
