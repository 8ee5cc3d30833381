import type { ParseArgsConfig } from 'node:util';

/**
 * All options. Each command lists those that it accepts. Long names are without dashes; `value`
 * names the argument in the help.
 */
export const OPTIONS = {
  board: {
    type: 'string',
    short: 'b',
    multiple: true,
    value: 'BOARDS',
    text: 'which boards; may be repeated',
  },
  json: { type: 'boolean', text: 'print the answers as one JSON array' },
  stop: { type: 'boolean', text: 'allow stopping a running program' },
  restart: {
    type: 'boolean',
    text: 'with --stop: soft reset afterwards, which runs main.py again',
  },
  timeout: { type: 'string', value: 'SECONDS', text: 'time limit per board (default: none)' },
  parallel: { type: 'string', short: 'P', value: 'N', text: 'boards at once (default: 32)' },
  baud: { type: 'string', value: 'RATE', text: 'speed of the serial port (default: 115200)' },
  verbose: {
    type: 'boolean',
    short: 'v',
    text: 'report what is done; twice: the bytes on the wire',
    multiple: true,
  },
  help: { type: 'boolean', short: 'h', text: 'show this text, or the help of one command' },
  version: { type: 'boolean', text: 'print the version' },
  recursive: { type: 'boolean', short: 'r', text: 'include folders and their contents' },
  long: {
    type: 'boolean',
    short: 'l',
    text: "show when files were changed, by the board's own clock",
  },
  hash: { type: 'boolean', text: 'show the SHA-256 of every file' },
  parents: { type: 'boolean', short: 'p', text: 'create missing parents; no error if it exists' },
  'no-copy': {
    type: 'boolean',
    text: 'keep no copy of removed or replaced files, so that undo cannot restore them',
  },
  set: { type: 'boolean', text: "set the clock to this computer's time; -s after rtc" },
  size: { type: 'boolean', text: 'show the bytes of every file; -s after tree' },
  log: { type: 'string', value: 'FILE', text: "also append the board's output to a file" },
  hard: { type: 'boolean', text: 'hard reset, like a power cycle (machine.reset)' },
  safe: { type: 'boolean', text: 'restart the agent in safe mode: without the program' },
  normal: { type: 'boolean', text: 'leave safe mode' },
  index: {
    type: 'string',
    value: 'URL',
    text: 'index of packages (default: MPYFLEET_INDEX, else micropython.org)',
  },
  target: { type: 'string', value: 'FOLDER', text: 'folder on the board (default: /lib)' },
  mpy: { type: 'boolean', text: 'compile source to .mpy for each board; -m after mip' },
  'no-mpy': { type: 'boolean', text: 'source only, no .mpy files' },
  force: {
    type: 'boolean',
    text: 'replace or remove files that were changed on the board or installed from elsewhere',
  },
  requirements: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    text: 'read packages from a file, one per line; -r after mip',
  },
  all: { type: 'boolean', short: 'a', text: 'also list ports that are certainly not a board' },
  mirror: {
    type: 'boolean',
    text: 'delete files that are only on the board (never boot.py and the like)',
  },
  pull: { type: 'boolean', text: 'copy from the board to the computer' },
  example: {
    type: 'string',
    value: 'EXAMPLE',
    text: 'luminosity, blinky or logger; task for one coroutine (default: worker)',
  },
  retain: { type: 'boolean', text: 'the broker retains the message for later subscribers' },
  lan: { type: 'boolean', text: 'let boards on the network connect, not only this computer' },
  port: {
    type: 'string',
    value: 'N',
    text: 'port to listen on (broker: 1883, serve: 8266; 0: any free one)',
  },
  erase: { type: 'boolean', text: 'erase the whole chip first, including files and settings' },
  backup: {
    type: 'string',
    value: 'FOLDER',
    text: "first save the board's files into this folder; several boards get a folder each",
  },
  offset: {
    type: 'string',
    value: 'BYTES',
    text: 'offset in flash for your own file (0x10000)',
  },
  file: { type: 'string', value: 'FILE', text: 'read it from a file; - for standard input' },
  trial: {
    type: 'string',
    value: 'SECONDS',
    text: 'time for boards to come back with new Wi-Fi or broker settings (default: 120)',
  },
  role: { type: 'string', value: 'ROLE', text: 'viewer (default), operator or admin' },
  level: {
    type: 'string',
    value: 'LEVEL',
    text: 'lowest level of records: debug, info, warning, error or critical',
  },
  logger: {
    type: 'string',
    value: 'NAME',
    text: 'only records of loggers whose name contains this text',
  },
  broker: { type: 'string', value: 'ID', text: 'a broker of fleet.json' },
  ejabberd: {
    type: 'string',
    value: 'HOST',
    text: 'accounts at that host of an ejabberd, by its command ejabberdctl',
  },
  wifi: {
    type: 'string',
    value: 'SSID',
    text: 'the network that boards use; its password: MPYFLEET_WIFI_PASSWORD',
  },
  waves: {
    type: 'string',
    value: 'N|N%,...',
    text: 'boards after each wave: 1,10%,50% (default: all at once)',
  },
  'stop-at': {
    type: 'string',
    value: 'PERCENT',
    text: 'percentage of boards that may fail before it stops (default: 0)',
  },
  wait: {
    type: 'string',
    value: 'SECONDS',
    text: 'time to wait for boards that are away (default: none)',
  },
  since: { type: 'string', value: 'TIME', text: 'from: 2h, 7d ago, or 2026-11-28 [14:30]' },
  until: { type: 'string', value: 'TIME', text: 'up to, written like --since' },
  result: { type: 'string', value: 'RESULT', text: 'ok, failed or cancelled' },
  limit: { type: 'string', value: 'N', text: 'show at most N, the newest (default: 50)' },
  csv: { type: 'boolean', text: 'print a table for spreadsheets' },
  ref: {
    type: 'string',
    value: 'REF',
    text: 'a git tag, branch or commit (default: the files as they are)',
  },
  from: { type: 'string', value: 'TIME', text: 'start: 2026-05-01T12:00, or 2h, 30m, 7d ago' },
  to: { type: 'string', value: 'TIME', text: 'end, written like --from' },
  cron: { type: 'string', value: 'EXPR', text: 'minute hour day month weekday: "30 7 * * 1-5"' },
  every: { type: 'string', value: 'SECONDS', text: 'run it at this interval' },
  missed: {
    type: 'string',
    value: 'run|skip',
    text: 'after a missed run, run once or skip it (default: skip)',
  },
  'on-board': { type: 'boolean', text: "by the board's own clock, without a computer" },
  count: {
    type: 'string',
    value: 'N',
    text: 'end after this number of boards (default: at Ctrl-C)',
  },
  'keep-going': { type: 'boolean', text: 'do not stop when boards fail one after another' },
  install: { type: 'boolean', text: 'write a systemd user unit that runs it' },
  at: { type: 'string', value: ':/PATH', text: 'where it appears on the board (/remote)' },
  write: { type: 'boolean', text: 'let the board change the folder' },
  'dry-run': { type: 'boolean', short: 'n', text: 'show what would be done without doing it' },
} as const satisfies Record<
  string,
  NonNullable<ParseArgsConfig['options']>[string] & { text: string; value?: string }
>;

export type OptionName = keyof typeof OPTIONS;

/** Options that every command accepts. */
export const ALWAYS: readonly OptionName[] = ['verbose', 'help'];
/** Options of verbs that print a result. */
export const COMMON: readonly OptionName[] = ['json', ...ALWAYS];
/** Options of verbs that open links to boards. */
export const LINKED: readonly OptionName[] = ['board', 'timeout', 'parallel', 'baud'];
/** Options of verbs that work at the board's prompt. */
export const ON_BOARDS: readonly OptionName[] = [...LINKED, 'stop', 'restart'];
