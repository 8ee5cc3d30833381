import { counted } from '../counted';
import type { LogBatch, LogLevel, LogRecord } from './agentProtocolLog';
import { zoneText } from '../timeZone';

/** Records kept for all boards together; the oldest are dropped. */
const LIMIT = 20_000;
/** Maximum characters of all entries together; long records displace the oldest. */
const MAX_CHARS = 16 << 20;
/** Number of boards whose sequence numbers are remembered. */
const BOARDS = 5_000;

/**
 * Levels in ascending order. Printed output has no level and is always included unless excluded
 * explicitly.
 */
export const LEVELS: readonly LogLevel[] = ['D', 'I', 'W', 'E', 'C'];

/** Names of the levels, as in Python's logging. */
const LEVEL_WORDS: Readonly<Record<LogRecord['level'], string>> = {
  O: 'print',
  D: 'debug',
  I: 'info',
  W: 'warning',
  E: 'error',
  C: 'critical',
};

/** A line of the log: a record of a board, or a gap where records were lost. */
export type LogEntry =
  | {
      readonly kind: 'record';
      readonly uid: string;
      /** Milliseconds since 1970: the board's clock if it is set, else our time of receipt. */
      readonly at: number;
      readonly record: LogRecord;
    }
  | { readonly kind: 'gap'; readonly uid: string; readonly at: number; readonly lost: number }
  | { readonly kind: 'boot'; readonly uid: string; readonly at: number; readonly boot: string };

/** Which log entries to show. An empty field means all. */
export interface LogFilter {
  readonly uids?: ReadonlySet<string>;
  /** The lowest level. */
  readonly level?: LogLevel;
  /** Exclude printed output. */
  readonly withoutPrinted?: boolean;
  /** Part of a logger's name. */
  readonly logger?: string;
}

/**
 * A board's clock may be set while it runs. Smaller differences, in milliseconds, are within the
 * precision of a batch.
 */
const CLOCK_SET_MS = 3_000;

/** State derived from a board's batches so far. */
interface Seen {
  readonly boot: string;
  readonly next: number;
  /** Milliseconds since 1970 at its boot. */
  readonly start: number;
}

/** Returns the number of characters of an entry. */
function charsOf(entry: LogEntry): number {
  return entry.kind === 'record' ? entry.record.text.length + entry.record.logger.length : 0;
}

/**
 * Merges the batches of many boards: yields each record once, with gaps for lost records and
 * markers for restarts.
 */
export class LogSequences {
  readonly #seen = new Map<string, Seen>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Returns the new entries of a batch. */
  take(uid: string, batch: LogBatch): readonly LogEntry[] {
    const seen = this.#seen.get(uid);
    const added: LogEntry[] = [];
    const at = this.now();
    const before = seen?.boot === batch.boot ? seen : undefined;
    const start = startOf(batch, before?.start, at);
    let next = before?.next;
    if (seen && !before) added.push({ kind: 'boot', uid, at: start, boot: batch.boot });
    for (const record of batch.records) {
      if (next !== undefined && record.seq < next) continue;
      if (next !== undefined && record.seq > next) {
        added.push({ kind: 'gap', uid, at, lost: record.seq - next });
      }
      added.push({ kind: 'record', uid, at: start + record.ms, record });
      next = record.seq + 1;
    }
    this.#remember(uid, { boot: batch.boot, next: next ?? batch.first, start });
    return added;
  }

  #remember(uid: string, seen: Seen): void {
    this.#seen.delete(uid);
    this.#seen.set(uid, seen);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= BOARDS) break;
      this.#seen.delete(oldest);
    }
  }
}

/** The logs of many boards: each record once, in order of arrival, with gaps for lost records. */
export class LogStore {
  readonly #entries: LogEntry[] = [];
  #chars = 0;
  readonly #sequences: LogSequences;

  constructor(now: () => number = Date.now) {
    this.#sequences = new LogSequences(now);
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Adds a batch and returns its new entries. */
  add(uid: string, batch: LogBatch): readonly LogEntry[] {
    const added = this.#sequences.take(uid, batch);
    this.#entries.push(...added);
    for (const entry of added) this.#chars += charsOf(entry);
    let gone = Math.max(0, this.#entries.length - LIMIT);
    let kept = this.#chars;
    for (const [i, entry] of this.#entries.entries()) {
      if (i >= gone && kept <= MAX_CHARS) break;
      kept -= charsOf(entry);
      gone = i + 1;
    }
    this.#chars = kept;
    this.#entries.splice(0, gone);
    return added;
  }

  /** Discards all entries. The sequences continue, so a record that is sent again is not added twice. */
  clear(): void {
    this.#entries.length = 0;
    this.#chars = 0;
  }

  /** All logger names so far, sorted. */
  get loggers(): readonly string[] {
    const names = this.#entries.flatMap((e) => (e.kind === 'record' ? [e.record.logger] : []));
    return [...new Set(names)].filter((n) => n !== '').sort();
  }
}

/**
 * Estimates when the board booted. Records carry milliseconds since boot; each batch also carries
 * the board's wall clock, in whole seconds, or else our receive time, which may be late. The latest
 * estimate is therefore the most accurate. Between batches, the estimate must not move backwards by
 * more than its error.
 */
function startOf(batch: LogBatch, known: number | undefined, received: number): number {
  const hasClock = batch.unix > 0;
  const start = (hasClock ? batch.unix * 1000 : received) - batch.uptime;
  if (known === undefined || Math.abs(start - known) > CLOCK_SET_MS) return start;
  return hasClock ? Math.max(start, known) : Math.min(start, known);
}

/** Returns whether an entry passes the filter. */
export function isWanted(entry: LogEntry, filter: LogFilter): boolean {
  if (filter.uids && !filter.uids.has(entry.uid)) return false;
  if (entry.kind !== 'record') return true;
  const { level, logger } = entry.record;
  if (level === 'O') return !filter.withoutPrinted && !filter.logger;
  if (filter.level && LEVELS.indexOf(level) < LEVELS.indexOf(filter.level)) return false;
  return !filter.logger || logger.includes(filter.logger);
}

/**
 * Formats an entry as lines of text. Every line starts with time and board, so that filtering by
 * text keeps whole tracebacks. Control characters are escaped because the text comes from a board.
 * @param zone the board's time zone in minutes east of UTC
 */
export function formatEntry(entry: LogEntry, name: string, zone?: number): string {
  const head = `${clock(entry.at, zone)} ${name}`;
  if (entry.kind === 'gap') return `${head} … ${counted(entry.lost, 'record')} lost\n`;
  if (entry.kind === 'boot') return `${head} … restarted\n`;
  const { level, logger, text, cut } = entry.record;
  const word = LEVEL_WORDS[level];
  const who = logger === '' ? word : `${word} ${logger}:`;
  const lines = text.replace(/\n$/, '').split('\n');
  return lines
    .map(
      (line, i) => `${head} ${who} ${visible(line)}${cut && i === lines.length - 1 ? ' …' : ''}\n`,
    )
    .join('');
}

/** Formats a time in the board's time zone, which is then shown, else in this computer's. */
function clock(at: number, zone: number | undefined): string {
  if (zone !== undefined) {
    const local = new Date(at + zone * 60_000).toISOString();
    return `${local.slice(11, 23)} ${zoneText(zone)}`;
  }
  const d = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const time = [d.getHours(), d.getMinutes(), d.getSeconds()].map(two).join(':');
  return `${time}.${String(d.getMilliseconds()).padStart(3, '0')}`;
}

function visible(line: string): string {
  return line.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
