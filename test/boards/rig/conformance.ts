import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import { ConnectError, PythonError, TimeoutError } from '../../../src/core/errors';
import type { Session, SessionOptions, Transport } from '../../../src/core/transport';
import { AgentRefusedError } from '../../../src/transports/mqtt/agentErrors';
import { describeExec } from './conformanceExec';
import { describeFiles } from './conformanceFiles';
import { describePrompt } from './conformancePrompt';

/** Abilities that some links or boards lack. Everything else is tested on all. */
export type Feature =
  | 'stdin'
  | 'hardReset'
  | 'terminal'
  | 'interrupt'
  | 'programs' // a main.py of its own, which runs at power on and after a soft reset
  | 'keepsLink' // the link stays while the board resets
  | 'rawBytes' // code can print bytes that are not UTF-8
  | 'largeCode' // 100 kB of code at once
  | 'largeFiles'
  | 'fullFlash'
  | 'rawRepl' // it has the board's own prompt: control characters are commands, and it echoes
  | 'stubbornPrograms' // while True: try: ... except: pass
  | 'files';

/** A board at the far end of a link, made for one test or kept for a suite. */
export interface Far {
  /** Not open yet. */
  readonly transport: Transport;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** A new board with these files, and a new link to it. */
  readonly start: (files: Record<string, string>) => Promise<Far>;
  /** What it cannot do, and why, by name. */
  readonly cannot?: Partial<Record<Feature, string>>;
  /** Line end of `print`. */
  readonly newline?: string;
  /** Kilobytes of output and of code for the large tests. */
  readonly largeKb?: number;
}

/** A board in use by a test. */
export interface Bench {
  readonly transport: Transport;
  /** What the terminal has shown. */
  readonly shown: () => string;
  /** Resolves once the terminal has shown `what` after the first `from` characters. */
  readonly untilShown: (what: string | RegExp, from?: number) => Promise<void>;
  readonly type: (keys: string) => Promise<void>;
  /** Returns the output of `code`, with `\n` as line end. */
  readonly exec: (code: string, options?: SessionOptions) => Promise<string>;
}

export interface Suite {
  readonly subject: Subject;
  /** Starts a board for one test, and opens the link to it. */
  readonly bench: (files?: Record<string, string>) => Promise<Bench>;
  /** Tests of one topic. (An empty `describe` would fail: a link may lack all of its abilities.) */
  readonly group: (title: string, tests: () => void) => void;
  /** Defines a test for links that can do `features`. For others, it is listed. */
  readonly test: (title: string, features: readonly Feature[], body: () => Promise<void>) => void;
}

const SHOWN_MS = 10_000;

/** The tests that every transport passes, with a real MicroPython at the far end. */
export function describeConformance(subject: Subject): void {
  describe(`conformance: ${subject.name}`, () => {
    const ends: (() => Promise<void>)[] = [];
    const missing = new Set<string>();
    const excused = new Set<Feature>();
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });
    afterAll(() => {
      for (const line of missing) console.info(`${subject.name} cannot: ${line}`);
    });
    let matter = '';
    const suite: Suite = {
      subject,
      bench: async (files = {}) => {
        const far = await subject.start(files);
        ends.push(() => far.stop());
        ends.push(() => far.transport.close());
        const bench = benchOf(far.transport);
        await far.transport.open(AbortSignal.timeout(10_000));
        return bench;
      },
      group: (title, tests) => {
        matter = title;
        tests();
      },
      test: (what, features, body) => {
        const title = `${matter}: ${what}`;
        const lacking = features.filter((feature) => subject.cannot?.[feature] !== undefined);
        if (lacking.length === 0) {
          it(title, body);
          return;
        }
        // Listed at the end by name and reason. The runner counts anything that vitest skips as a
        // failure.
        for (const feature of lacking) {
          missing.add(`${title} (${feature}: ${subject.cannot?.[feature] ?? ''})`);
          excused.add(feature);
        }
      },
    };
    describeExec(suite);
    describePrompt(suite);
    describeFiles(suite);
    it('cannot do only what is named, and nothing is named in vain', () => {
      expect([...excused].sort()).toEqual(Object.keys(subject.cannot ?? {}).sort());
    });
  });
}

function benchOf(transport: Transport): Bench {
  let shown = '';
  let wake = (): void => undefined;
  const terminal = transport.terminal();
  terminal?.onData((chunk) => {
    shown += text(chunk);
    wake();
  });
  return {
    transport,
    shown: () => shown,
    untilShown: async (what, from = 0) => {
      const found = () =>
        typeof what === 'string' ? shown.slice(from).includes(what) : what.test(shown.slice(from));
      const timeout = AbortSignal.timeout(SHOWN_MS);
      while (!found()) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          timeout.onabort = () =>
            reject(new Error(`the terminal shows ${JSON.stringify(shown)} and not ${what}`));
        });
      }
    },
    type: async (keys) => {
      if (!terminal) throw new Error('there is no terminal');
      await terminal.write(new TextEncoder().encode(keys));
    },
    exec: async (code, options) => {
      const work = async (session: Session) => text(await session.exec(code));
      return (await transport.withSession(work, options)).replaceAll('\r\n', '\n');
    },
  };
}

/**
 * A loop that catches every exception. Between its handler and the next `try` it takes some 50 microseconds, as on a chip. A PC
 * takes nanoseconds, which no Ctrl-C hits while other programs have the processor.
 */
export const STUBBORN = `while True:
  try:
    time.sleep(1)
  except:
    time.sleep_us(50)
`;

/**
 * Stops a loop that catches every exception, which ends only when a Ctrl-C arrives between a
 * handler and the next `try`. That is chance: otherwise the product
 * reports that the loop does not react, or that nothing answers if the loop has printed nothing,
 * and a user tries again.
 */
export async function stopStubborn({ exec }: Pick<Bench, 'exec'>, most = 4): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      expect(await exec('print(1)', { mayInterrupt: true })).toBe('1\n');
      return tries;
    } catch (error) {
      // Firmware before 1.10 may keep a late Ctrl-C of the flood pending, and raises it in the next code.
      const isLate = error instanceof PythonError && error.type === 'KeyboardInterrupt';
      const isSilent = error instanceof ConnectError && error.reason === 'noAnswer';
      // The computer that shares a cable sends the same news as text.
      const isFarSilent =
        error instanceof AgentRefusedError && error.message.includes('Nothing answers at');
      const goesOn = error instanceof TimeoutError || isSilent || isFarSilent || isLate;
      if (!goesOn || tries === most) throw error;
    }
  }
}

/** Returns `promise`'s error. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  return await promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as Error,
  );
}
