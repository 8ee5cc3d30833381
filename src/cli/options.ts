import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../core/errors';

/** All options of all verbs; a verb names those that it takes. Long names as written, with their value if they have one. */
export const OPTIONS = {
  board: {
    type: 'string',
    short: 'b',
    multiple: true,
    value: 'BOARDS',
    text: 'which boards; may be repeated',
  },
  json: { type: 'boolean', text: 'print the answers as one JSON array' },
  stop: { type: 'boolean', text: 'a running program may be stopped' },
  restart: {
    type: 'boolean',
    text: 'with --stop: soft reset afterwards, so that main.py runs again',
  },
  timeout: { type: 'string', value: 'SECONDS', text: 'most time for one board (default: none)' },
  parallel: { type: 'string', short: 'P', value: 'N', text: 'boards at once (default: 32)' },
  baud: { type: 'string', value: 'RATE', text: 'speed of the serial port (default: 115200)' },
  verbose: {
    type: 'boolean',
    short: 'v',
    text: 'tell what is done; twice: the bytes on the wire',
    multiple: true,
  },
  help: { type: 'boolean', short: 'h', text: 'this text, or that of one command' },
  version: { type: 'boolean', text: 'print the version' },
  recursive: { type: 'boolean', short: 'r', text: 'folders with all that is in them' },
  hash: { type: 'boolean', text: 'with the SHA-256 of every file' },
  parents: { type: 'boolean', short: 'p', text: 'missing parents too; no error if it is there' },
  hard: { type: 'boolean', text: 'as if power had been cut (machine.reset)' },
  index: {
    type: 'string',
    value: 'URL',
    text: 'index of packages (default: MPYFLEET_INDEX, else micropython.org)',
  },
  target: { type: 'string', value: 'FOLDER', text: 'folder on the board (default: /lib)' },
  mpy: { type: 'boolean', text: 'compile source to .mpy for each board' },
  'no-mpy': { type: 'boolean', text: 'source only, no .mpy files' },
  force: {
    type: 'boolean',
    text: 'replace or remove files that were changed on the board or are not from here',
  },
  requirements: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    text: 'packages from a file, one a line; -r after mip',
  },
  all: { type: 'boolean', short: 'a', text: 'also ports that are surely no board' },
  mirror: {
    type: 'boolean',
    text: 'delete what the board has in excess (never boot.py and the like)',
  },
  pull: { type: 'boolean', text: 'from the board to the computer' },
  lan: { type: 'boolean', text: 'boards in the network may connect too, not only this computer' },
  port: { type: 'string', value: 'N', text: 'port to listen on (default: 1883; 0: any free one)' },
  'dry-run': { type: 'boolean', short: 'n', text: 'tell what would be done, and do nothing' },
} as const satisfies Record<
  string,
  NonNullable<ParseArgsConfig['options']>[string] & { text: string; value?: string }
>;

export type OptionName = keyof typeof OPTIONS;

/** The options as given. */
export interface Options {
  readonly board?: readonly string[];
  readonly json: boolean;
  readonly stop: boolean;
  readonly restart: boolean;
  readonly timeoutMs?: number;
  readonly parallel?: number;
  /** Bits a second of serial ports. */
  readonly baud?: number;
  /** 0: quiet; 1: what is done; 2: wire bytes. */
  readonly verbose: number;
  readonly help: boolean;
  readonly version: boolean;
  readonly recursive: boolean;
  readonly hash: boolean;
  readonly parents: boolean;
  readonly hard: boolean;
  readonly all: boolean;
  readonly mirror: boolean;
  readonly pull: boolean;
  readonly dryRun: boolean;
  readonly lan: boolean;
  readonly port?: number;
  readonly index?: string;
  readonly target?: string;
  readonly mpy: boolean;
  readonly noMpy: boolean;
  readonly force: boolean;
  readonly requirements?: readonly string[];
}

/** Options that every verb takes. */
export const COMMON: readonly OptionName[] = ['json', 'verbose', 'help'];
/** Options of verbs that work on boards. */
export const ON_BOARDS: readonly OptionName[] = [
  'board',
  'stop',
  'restart',
  'timeout',
  'parallel',
  'baud',
];

export interface CommandLine {
  readonly verb?: string;
  readonly args: readonly string[];
  readonly options: Options;
  readonly given: readonly OptionName[];
}

/** Reads a command line. @throws UsageError */
export function readCommandLine(argv: readonly string[]): CommandLine {
  let { values, positionals } = parse(argv);
  // pip's -r names a file; for all other commands it is "recursive".
  if (positionals[0] === 'mip') {
    ({ values, positionals } = parse(argv.map((a) => (a === '-r' ? '--requirements' : a))));
  }
  const [verb, ...args] = positionals;
  const flag = (name: OptionName) => values[name] === true;
  if (flag('restart') && !flag('stop')) {
    throw new UsageError('--restart starts again what --stop has stopped: give both');
  }
  if (flag('mpy') && flag('no-mpy')) throw new UsageError('--mpy and --no-mpy exclude each other');
  return {
    ...(verb === undefined ? {} : { verb }),
    args,
    given: Object.keys(values) as OptionName[],
    options: {
      board: values.board,
      json: flag('json'),
      stop: flag('stop'),
      restart: flag('restart'),
      timeoutMs: seconds(values.timeout),
      parallel: count(values.parallel, '--parallel wants a number of boards'),
      baud: count(values.baud, '--baud wants bits a second such as 115200'),
      verbose: Array.isArray(values.verbose) ? values.verbose.length : 0,
      help: flag('help'),
      version: flag('version'),
      recursive: flag('recursive'),
      hash: flag('hash'),
      parents: flag('parents'),
      hard: flag('hard'),
      all: flag('all'),
      index: values.index,
      target: boardFolder(values.target),
      mpy: flag('mpy'),
      noMpy: flag('no-mpy'),
      force: flag('force'),
      requirements: values.requirements,
      mirror: flag('mirror'),
      pull: flag('pull'),
      dryRun: flag('dry-run'),
      lan: flag('lan'),
      port: portNumber(values.port),
    },
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const [message = ''] = (error as Error).message.split('. ');
    throw new UsageError(message, {
      hint: 'mpyfleet --help lists the options; what begins with a dash and is none goes after "--".',
      cause: error,
    });
  }
}

function boardFolder(text: string | undefined): string | undefined {
  const folder = text?.replace(/^:/, '');
  if (folder === undefined || /^\/[^\0]*$/.test(folder)) return folder;
  throw new UsageError(`--target wants a folder of the board such as /lib, not "${folder}"`);
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0) || value > 1e6) throw new UsageError(`--timeout wants seconds, not "${text}"`);
  return value * 1000;
}

function portNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) {
    throw new UsageError(`--port wants a number up to 65535, not "${text}"`);
  }
  return value;
}

function count(text: string | undefined, wanted: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${wanted}, not "${text}"`);
  return value;
}
