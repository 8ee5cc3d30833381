import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { asError, UsageError } from '../../core/errors';
import {
  isForOthers,
  type LineBoard,
  type LineEvents,
  NameRange,
  parseTemplate,
  prepareLine,
  ProductionLine,
  recordWords,
  stepsOf,
  unfinishedRecord,
  type SetupHost,
  type SetupRecord,
  type SetupTemplate,
} from '../../core/setup';
import { printable, type Cli, type VerbRun } from '../cli';
import { EXIT } from '../exitStatus';
import { loadLinks, type Links } from '../board';
import { setupHost } from '../setup/host';
import { Made } from '../setup/made';
import { PortBoard } from '../setup/port';
import { LinePorts } from '../setup/ports';

/** `provision TEMPLATE`: runs a production line. */
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
    if (template.broker?.id !== undefined) await links.brokers.connected(template.broker.id);
    const atOnce = await prepareLine(template, host, cli.signal);
    const ports = await LinePorts.open(cli, links);
    return await new Line({ cli, links, template, host, made, ports, atOnce }).run();
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

/** Returns the names in the list, in the configuration and of the broker's boards. */
async function takenNames(template: SetupTemplate, links: Links, made: Made): Promise<string[]> {
  const found = template.broker?.id === undefined ? [] : await links.brokers.discover();
  return [
    ...made.records.flatMap((r) => r.name ?? []),
    ...links.registry.boards.map((b) => b.name),
    ...found.flatMap((f) => f.name ?? []),
  ];
}

interface LineParts {
  readonly cli: Cli;
  readonly links: Links;
  readonly template: SetupTemplate;
  readonly host: SetupHost;
  readonly made: Made;
  readonly ports: LinePorts;
  /** Maximum number of boards to set up at once. */
  readonly atOnce: number;
}

/** Shows a production line on a terminal. */
class Line {
  readonly #records: SetupRecord[] = [];
  /** The last message about each port, so that progress is logged once. */
  readonly #last = new Map<string, string>();

  constructor(private readonly parts: LineParts) {}

  async run(): Promise<number> {
    const { cli, made, ports, template, atOnce } = this.parts;
    const { leftAlone } = ports;
    if (leftAlone.length > 0) {
      cli.err(`Ignored, because they were plugged in before: ${leftAlone.join(', ')}\n`);
    }
    cli.err('Ready: plug in a board. Ctrl-C ends.\n');
    const { count, parallel = atOnce, force, keepGoing } = cli.options;
    const add = (record: SetupRecord) => made.add(record);
    const line = new ProductionLine(template, ports, (path) => this.#boardAt(path), add, {
      ...(count === undefined ? {} : { count }),
      atOnce: Math.min(parallel, atOnce),
      ...{ signal: cli.signal, again: force, keepGoing, events: this.#events },
    });
    const { ok, failed, stopped } = await line.run();
    if (cli.options.json) cli.out(`${JSON.stringify(this.#records, undefined, 2)}\n`);
    if (stopped !== undefined) cli.err(`${printable(stopped)}\n`);
    cli.err(`${ok} ready, ${failed} failed. List: ${made.csvFile}\n`);
    if (template.broker && ok > 0) this.#sayKeys(template.broker.handOver !== undefined);
    if (failed > 0) return EXIT.board;
    return cli.signal.aborted && ok === 0 ? EXIT.cancelled : EXIT.ok;
  }

  #sayKeys(areSealed: boolean): void {
    const { cli, made, template } = this.parts;
    cli.err(`Keys of the boards: ${made.keys}\n`);
    if (areSealed) {
      cli.err(
        `For the owner of the broker: ${made.handOverFile}, sealed; it is read with "mpyfleet keys import"\n`,
      );
    } else if (isForOthers(template)) {
      cli.err(
        `To hand the keys over in a sealed file, write "handOver: '{secret:NAME}'" into the template's broker\n`,
      );
    }
  }

  readonly #events: LineEvents = {
    begins: (path) => this.#say(path, 'begins'),
    step: (path, step, words) => {
      if (words !== this.#last.get(path)) this.parts.cli.log.info(`${path}: ${step}: ${words}`);
      this.#last.set(path, words);
    },
    made: (path, record) => {
      this.#records.push(record);
      this.#say(path, recordWords(record), record.failed ? 'red' : 'green');
      // The port is a note of a board that has nothing else to name it.
      const notes = record.notes.filter((note) => note !== path);
      for (const more of [record.failed?.hint, ...notes]) if (more) this.#say(path, more);
    },
    already: (path, { message }) => this.#say(path, `${message}. To set it up again, add --force.`),
    broken: (path, { message }) => this.#say(path, message, 'red'),
  };

  #boardAt(path: string): LineBoard {
    const { cli, links, host, made } = this.parts;
    const board = new PortBoard(cli, links, path);
    return {
      board,
      host,
      ...(cli.options.force ? {} : { unfinished: () => unfinishedRecord(board, made, cli) }),
      close: async () => {
        await board.close();
        return undefined;
      },
    };
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
