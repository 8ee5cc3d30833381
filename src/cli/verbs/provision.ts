import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { asError, UsageError } from '../../core/errors';
import { delay, systemClock } from '../../core/async';
import {
  AlreadySetUpError,
  LineTally,
  NameRange,
  parseTemplate,
  plainSecrets,
  recordWords,
  setUpBoard,
  stepsOf,
  type SetupHost,
  type SetupRecord,
  type SetupTemplate,
} from '../../core/setup';
import { printable, type Cli, type VerbRun } from '../cli';
import { EXIT } from '../exitStatus';
import { loadLinks, type Links } from '../links';
import { setupHost } from '../setup/host';
import { Made } from '../setup/made';
import { PortBoard } from '../setup/port';
import { LinePorts } from '../setup/ports';

/** Default number of boards set up at once (--parallel). */
const AT_ONCE = 8;
/** Interval of port scans, in milliseconds. */
const LOOK_MS = 300;
/** Time, in milliseconds, in which a board that failed earlier must answer in order to continue. */
const PEEK_MS = 5000;

/** `provision TEMPLATE`: a production line. */
export const run: VerbRun = async (cli, args) => {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new UsageError('provision needs one board template', {
      hint: 'mpyfleet provision sensor.board-template.yaml',
    });
  }
  const path = resolve(cli.cwd, file);
  const template = parseTemplate(await contentOf(path, file), file);
  const steps = stepsOf(template);
  if (cli.options.dryRun) {
    cli.out(cli.options.json ? `${JSON.stringify({ steps })}\n` : `${steps.join('\n')}\n`);
    return EXIT.ok;
  }
  const links = await loadLinks(cli);
  try {
    const made = await Made.open(cli, path, template);
    const names = new NameRange(template.name ?? '', await takenNames(template, links, made));
    const host = setupHost(cli, links, dirname(path), made, names);
    await prepare(template, host, links, cli);
    const ports = await LinePorts.open(cli, links);
    const line = new Line({ cli, links, template, host, made, ports });
    return await line.run();
  } finally {
    await links.close();
  }
};

async function contentOf(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${asError(cause).message}`, { cause });
  }
}

/** Names of the list, of the configuration and of the broker's boards. */
async function takenNames(template: SetupTemplate, links: Links, made: Made): Promise<string[]> {
  const found = template.broker?.id === undefined ? [] : await links.brokers.discover();
  return [
    ...made.records.flatMap((r) => r.name ?? []),
    ...links.registry.boards.map((b) => b.name),
    ...found.flatMap((f) => f.name ?? []),
  ];
}

/** Fails before the first board is plugged in, where that is possible: secrets, firmware, app, broker. */
async function prepare(
  template: SetupTemplate,
  host: SetupHost,
  links: Links,
  { signal }: Cli,
): Promise<void> {
  for (const name of plainSecrets(template)) await host.secret(name);
  if (template.broker?.id !== undefined) await links.brokers.connected(template.broker.id);
  if (template.firmware) await host.firmware(template.firmware.use, signal);
  if (template.app !== undefined) await host.app(template.app, signal);
  for (const file of template.files ?? []) {
    if (file.from !== undefined) await host.files(file, signal);
  }
}

interface LineParts {
  readonly cli: Cli;
  readonly links: Links;
  readonly template: SetupTemplate;
  readonly host: SetupHost;
  readonly made: Made;
  readonly ports: LinePorts;
}

class Line {
  readonly #tally = new LineTally();
  readonly #working = new Set<Promise<void>>();
  readonly #records: SetupRecord[] = [];
  #begun = 0;
  #stopped: string | undefined;

  constructor(private readonly parts: LineParts) {}

  async run(): Promise<number> {
    const { cli, made, ports } = this.parts;
    const { leftAlone } = ports;
    if (leftAlone.length > 0) {
      cli.err(`Left alone, since they were plugged in before: ${leftAlone.join(', ')}\n`);
    }
    cli.err('Ready: plug in a board. Ctrl-C ends.\n');
    const { count = Infinity } = cli.options;
    while (!cli.signal.aborted && this.#stopped === undefined && this.#begun < count) {
      await this.#begin(count);
      await this.#pause();
    }
    await Promise.all(this.#working);
    if (cli.options.json) cli.out(`${JSON.stringify(this.#records, undefined, 2)}\n`);
    if (this.#stopped !== undefined) cli.err(`${printable(this.#stopped)}\n`);
    const { ok, failed } = this.#tally;
    cli.err(`${ok} ready, ${failed} failed. List: ${made.csvFile}\n`);
    if (this.parts.template.broker && ok > 0) cli.err(`Keys of the boards: ${made.keys}\n`);
    if (failed > 0) return EXIT.board;
    return cli.signal.aborted && ok === 0 ? EXIT.cancelled : EXIT.ok;
  }

  /** Waits until the next port scan is due or Ctrl-C is pressed. */
  async #pause(): Promise<void> {
    const { signal } = this.parts.cli;
    try {
      await delay(systemClock, LOOK_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #begin(count: number): Promise<void> {
    const { cli, ports } = this.parts;
    const { parallel = AT_ONCE } = cli.options;
    for (const path of await ports.arrived()) {
      if (this.#working.size >= parallel || this.#begun >= count) return;
      ports.take(path);
      this.#begun++;
      const work: Promise<void> = this.#board(path).finally(() => this.#working.delete(work));
      this.#working.add(work);
    }
  }

  /** One board, from plugging in to its line in the list. It never rejects. */
  async #board(path: string): Promise<void> {
    const { cli, links, template, host, made } = this.parts;
    const board = new PortBoard(cli, links, path);
    try {
      this.#say(path, 'begins');
      const before = await this.#unfinished(board);
      let last = '';
      const record = await setUpBoard(template, board, host, {
        signal: cli.signal,
        again: cli.options.force,
        ...(before ? { before } : {}),
        onStep: (step, words) => {
          if (words !== last) cli.log.info(`${path}: ${step}: ${words}`);
          last = words;
        },
      });
      await made.add(record);
      this.#records.push(record);
      const stopped = this.#tally.add(record);
      if (!cli.options.keepGoing) this.#stopped ??= stopped;
      this.#say(path, recordWords(record), record.failed ? 'red' : 'green');
      for (const more of [record.failed?.hint, ...record.notes]) if (more) this.#say(path, more);
    } catch (error) {
      if (error instanceof AlreadySetUpError) {
        this.#begun--;
        this.#say(path, `${error.message}. To set it up again, add --force.`);
      } else {
        this.#stopped ??= asError(error).message; // the lists cannot be written, so the user must see the result here
        this.#say(path, asError(error).message, 'red');
      }
    } finally {
      await board.close();
    }
  }

  /** Returns the steps that were done on this board before it failed, if it still answers. */
  async #unfinished(board: PortBoard): Promise<SetupRecord | undefined> {
    const { cli, made } = this.parts;
    const isUnfinished = (r: SetupRecord) => r.failed !== undefined && r.done.includes('flash');
    if (cli.options.force || !made.records.some(isUnfinished)) return undefined;
    const signal = AbortSignal.any([cli.signal, AbortSignal.timeout(PEEK_MS)]);
    try {
      const { uid } = await board.info({ restarted: true, signal });
      const before = uid === undefined ? undefined : made.of({ uid });
      return before && isUnfinished(before) ? before : undefined;
    } catch (error) {
      cli.log.info(`${board.name} does not run MicroPython: ${asError(error).message}`);
      return undefined;
    }
  }

  #say(path: string, words: string, colour?: 'red' | 'green'): void {
    const { cli } = this.parts;
    if (cli.options.json) return;
    const text = printable(`${path}: ${words}`);
    const code = colour === 'red' ? '31' : '32';
    const isColoured = colour !== undefined && cli.columns !== undefined && !cli.env.NO_COLOR;
    cli.out(isColoured ? `\u001b[${code}m${text}\u001b[0m\n` : `${text}\n`);
  }
}
