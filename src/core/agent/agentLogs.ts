import type { LogBatch, LogLevel, LogRecord } from './agentProtocolLog';

/** Records kept, over all boards; the oldest make room. */
const LIMIT = 20_000;
/** Boards whose sequence numbers are remembered. */
const BOARDS = 5_000;

/** Levels from the least to the gravest; what was printed has no level and is always wanted unless left out by name. */
export const LEVELS: readonly LogLevel[] = ['D', 'I', 'W', 'E', 'C'];

/** A line of the log: a record of a board, or a gap where records were lost. */
export type LogEntry =
  | {
      readonly kind: 'record';
      readonly uid: string;
      /** Milliseconds since 1970: the board's clock where it has one, else ours when it came. */
      readonly at: number;
      readonly record: LogRecord;
    }
  | { readonly kind: 'gap'; readonly uid: string; readonly at: number; readonly lost: number }
  | { readonly kind: 'boot'; readonly uid: string; readonly at: number; readonly boot: string };

/** What of the log is shown. An empty field means all. */
export interface LogFilter {
  readonly uids?: ReadonlySet<string>;
  /** The least level. */
  readonly level?: LogLevel;
  /** Leave out what was merely printed. */
  readonly withoutPrinted?: boolean;
  /** Part of a logger's name. */
  readonly logger?: string;
}

/** A board's clock may be set while it runs; smaller differences than this are how exactly a batch tells the time. */
const CLOCK_SET_MS = 3_000;

/** What is known of a board from its batches so far. */
interface Seen {
  readonly boot: string;
  readonly next: number;
  /** Milliseconds since 1970 at its start. */
  readonly start: number;
}

/** The logs of many boards, each record once, in the order in which they came, with gaps where some were lost. */
export class LogStore {
  readonly #entries: LogEntry[] = [];
  readonly #seen = new Map<string, Seen>();

  constructor(private readonly now: () => number = Date.now) {}

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Takes a batch and gives the entries that are new. */
  add(uid: string, batch: LogBatch): readonly LogEntry[] {
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
    this.#entries.push(...added);
    this.#entries.splice(0, Math.max(0, this.#entries.length - LIMIT));
    return added;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** Names of loggers that have come, sorted. */
  get loggers(): readonly string[] {
    const names = this.#entries.flatMap((e) => (e.kind === 'record' ? [e.record.logger] : []));
    return [...new Set(names)].filter((n) => n !== '').sort();
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

/**
 * When the board was started. Records carry the time since then, a batch both clocks at its sending: the board's in whole
 * seconds, so that the latest of all answers is the closest, or where it has none ours, at which a batch may come late.
 * One start for all batches: times must not go back from one to the next by more than they are inexact.
 */
function startOf(batch: LogBatch, known: number | undefined, received: number): number {
  const hasClock = batch.unix > 0;
  const start = (hasClock ? batch.unix * 1000 : received) - batch.uptime;
  if (known === undefined || Math.abs(start - known) > CLOCK_SET_MS) return start;
  return hasClock ? Math.max(start, known) : Math.min(start, known);
}

/** Whether an entry is to be shown. */
export function isWanted(entry: LogEntry, filter: LogFilter): boolean {
  if (filter.uids && !filter.uids.has(entry.uid)) return false;
  if (entry.kind !== 'record') return true;
  const { level, logger } = entry.record;
  if (level === 'O') return !filter.withoutPrinted && !filter.logger;
  if (filter.level && LEVELS.indexOf(level) < LEVELS.indexOf(filter.level)) return false;
  return !filter.logger || logger.includes(filter.logger);
}

/**
 * An entry as lines of text. Every line has the time and the board's name, so that a filter by text keeps whole
 * tracebacks. Control characters are shown as escapes: the text comes from a board.
 */
export function formatEntry(entry: LogEntry, name: string): string {
  const head = `${clock(entry.at)} ${name}`;
  if (entry.kind === 'gap') return `${head} … ${entry.lost} records were lost\n`;
  if (entry.kind === 'boot') return `${head} … restarted\n`;
  const { level, logger, text, cut } = entry.record;
  const who = logger === '' ? level : `${level} ${logger}:`;
  const lines = text.replace(/\n$/, '').split('\n');
  return lines
    .map(
      (line, i) => `${head} ${who} ${visible(line)}${cut && i === lines.length - 1 ? ' …' : ''}\n`,
    )
    .join('');
}

function clock(at: number): string {
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
