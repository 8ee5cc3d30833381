import { parseArgs } from 'node:util';
import { UsageError } from '../../core/errors';
import { OPTIONS, type OptionName } from './optionTable';
import { boardFolder, count, flashOffset, percent, portNumber, seconds } from './optionValues';

/** The options as given. */
export interface Options {
  readonly board?: readonly string[];
  readonly json: boolean;
  readonly stop: boolean;
  readonly restart: boolean;
  readonly timeoutMs?: number;
  readonly parallel?: number;
  /** Bits per second of serial ports. */
  readonly baud?: number;
  /** 0: quiet; 1: actions; 2: bytes on the wire. */
  readonly verbose: number;
  readonly help: boolean;
  readonly version: boolean;
  readonly recursive: boolean;
  readonly long: boolean;
  readonly hash: boolean;
  readonly parents: boolean;
  readonly hard: boolean;
  readonly safe: boolean;
  readonly normal: boolean;
  readonly set: boolean;
  readonly size: boolean;
  readonly logFile?: string;
  readonly all: boolean;
  readonly mirror: boolean;
  readonly pull: boolean;
  readonly dryRun: boolean;
  readonly ref?: string;
  readonly role?: string;
  readonly broker?: string;
  readonly ejabberd?: string;
  readonly level?: string;
  readonly logger?: string;
  readonly wifi?: string;
  readonly waves?: string;
  /** Fraction of the boards that may fail. */
  readonly stopAt?: number;
  /** Longest wait in milliseconds for boards that are away. */
  readonly waitMs?: number;
  readonly from?: string;
  readonly to?: string;
  readonly cron?: string;
  readonly everySeconds?: number;
  readonly missed?: string;
  readonly onBoard: boolean;
  readonly install: boolean;
  /** Number of boards after which a production line stops. */
  readonly count?: number;
  readonly keepGoing: boolean;
  readonly retain: boolean;
  readonly example?: string;
  readonly lan: boolean;
  readonly port?: number;
  readonly since?: string;
  readonly until?: string;
  readonly result?: string;
  readonly limit?: number;
  readonly csv: boolean;
  readonly index?: string;
  readonly target?: string;
  readonly mpy: boolean;
  readonly noMpy: boolean;
  readonly noCopy: boolean;
  readonly force: boolean;
  readonly requirements?: readonly string[];
  readonly erase: boolean;
  readonly backup?: string;
  /** Offset into the flash, in bytes. */
  readonly offset?: number;
  readonly file?: string;
  readonly trialSeconds?: number;
  readonly at?: string;
  readonly write: boolean;
}

export interface CommandLine {
  readonly verb?: string;
  readonly args: readonly string[];
  readonly options: Options;
  readonly given: readonly OptionName[];
}

/**
 * Parses the commands of a command line, separated by `+`. Options before the first command apply
 * to all.
 * @throws UsageError
 */
export function readCommandLines(argv: readonly string[]): CommandLine[] {
  const parts: string[][] = [[]];
  for (const arg of argv) {
    if (arg === '+') parts.push([]);
    else parts.at(-1)?.push(arg);
  }
  const [first = []] = parts;
  const shared = parts.length > 1 ? first.slice(0, verbIndex(first)) : [];
  return parts.map((part, i) => {
    if (parts.length > 1 && verbIndex(part) === part.length) {
      throw new UsageError('A + stands between two commands', {
        hint: 'mpyfleet -b kitchen put main.py : + reset',
      });
    }
    if (i === 0) return readCommandLine(part);
    // An option given for several verbs need not apply to all of them.
    const given = Object.keys(parse(asTyped(part)).values) as OptionName[];
    return { ...readCommandLine([...shared, ...part]), given };
  });
}

/**
 * Returns the position of the verb: the first word that is neither an option nor an option's value.
 */
function verbIndex(argv: readonly string[]): number {
  let at = 0;
  while (at < argv.length) {
    const arg = argv[at] ?? '';
    if (!arg.startsWith('-') || arg === '-') return at;
    at += !arg.includes('=') && takesValue(arg) ? 2 : 1;
  }
  return argv.length;
}

function takesValue(arg: string): boolean {
  return Object.entries(OPTIONS).some(
    ([name, option]) =>
      option.type === 'string' &&
      (arg === `--${name}` || ('short' in option && arg === `-${option.short}`)),
  );
}

const LISTED =
  'mpyfleet --help lists the options; put arguments that start with a dash after "--".';

/** An option that no command has. */
export class UnknownOption extends UsageError {
  constructor(
    /** The command for which it was given; empty: none. */
    readonly verb: string,
    /** Its name without dashes. */
    readonly option: string,
    cause: unknown,
  ) {
    super(`Unknown option "${option.length === 1 ? '-' : '--'}${option}"`, { hint: LISTED, cause });
  }
}

/** Reads one command. @throws UsageError */
function readCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(asTyped(argv));
  const [verb, ...args] = positionals;
  const flag = (name: OptionName) => values[name] === true;
  if (flag('restart') && !flag('stop')) {
    throw new UsageError('--restart restarts the program that --stop stopped: give both');
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
      timeoutMs: seconds(values.timeout, '--timeout'),
      parallel: count(values.parallel, '--parallel needs a number of boards'),
      baud: count(values.baud, '--baud needs bits a second such as 115200'),
      verbose: Array.isArray(values.verbose) ? values.verbose.length : 0,
      help: flag('help'),
      version: flag('version'),
      recursive: flag('recursive'),
      long: flag('long'),
      hash: flag('hash'),
      parents: flag('parents'),
      hard: flag('hard'),
      safe: flag('safe'),
      normal: flag('normal'),
      set: flag('set'),
      size: flag('size'),
      logFile: values.log,
      all: flag('all'),
      index: values.index,
      target: boardFolder(values.target),
      mpy: flag('mpy'),
      noMpy: flag('no-mpy'),
      noCopy: flag('no-copy'),
      force: flag('force'),
      requirements: values.requirements,
      since: values.since,
      until: values.until,
      result: values.result,
      limit: count(values.limit, '--limit needs a number'),
      csv: flag('csv'),
      mirror: flag('mirror'),
      pull: flag('pull'),
      dryRun: flag('dry-run'),
      ref: values.ref,
      role: values.role,
      broker: values.broker,
      ejabberd: values.ejabberd,
      level: values.level,
      logger: values.logger,
      wifi: values.wifi,
      waves: values.waves,
      stopAt: percent(values['stop-at']),
      waitMs: seconds(values.wait, '--wait'),
      from: values.from,
      to: values.to,
      cron: values.cron,
      everySeconds: count(values.every, '--every needs a number of seconds'),
      missed: values.missed,
      onBoard: flag('on-board'),
      install: flag('install'),
      count: count(values.count, '--count needs a number of boards'),
      keepGoing: flag('keep-going'),
      retain: flag('retain'),
      example: values.example,
      lan: flag('lan'),
      port: portNumber(values.port),
      erase: flag('erase'),
      backup: values.backup,
      offset: flashOffset(values.offset),
      file: values.file,
      trialSeconds: count(values.trial, '--trial needs a number of seconds'),
      at: values.at,
      write: flag('write'),
    },
  };
}

/** Short options of single commands. pip's -r names a file; for all other commands it is "recursive". */
const OWN_SHORT = new Map<string, Record<string, string>>([
  ['mip', { '-r': '--requirements', '-m': '--mpy' }],
  ['rtc', { '-s': '--set' }],
  ['tree', { '-s': '--size' }],
]);

function asTyped(argv: readonly string[]): readonly string[] {
  const own = OWN_SHORT.get(argv[verbIndex(argv)] ?? '');
  if (!own) return argv;
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((arg, i) => (i < end ? (own[arg] ?? arg) : arg));
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const [message = ''] = (error as Error).message.split('. ');
    const unknown = /^Unknown option '--?([^']+)'/.exec(message)?.[1];
    if (unknown !== undefined) throw new UnknownOption(argv[verbIndex(argv)] ?? '', unknown, error);
    throw new UsageError(message, { hint: LISTED, cause: error });
  }
}
