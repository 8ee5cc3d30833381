import * as l10n from '@vscode/l10n';
/** Log batches of the agent protocol (docs/protocol.md section 9). */
import { withAgentNames } from './agentNames';
import { decodeJson } from './agentProtocol';
import { ProtocolError } from '../errors';

/** Debug, info, warning, error, critical; O for printed output. */
export type LogLevel = 'D' | 'I' | 'W' | 'E' | 'C' | 'O';

/** One line that a program or the agent has logged. */
export interface LogRecord {
  readonly seq: number;
  readonly level: LogLevel;
  /** Milliseconds since the board's boot. */
  readonly ms: number;
  readonly logger: string;
  readonly text: string;
  /** The board cut the text. */
  readonly cut: boolean;
}

/** Consecutive records of one boot, as a board sends them. */
export interface LogBatch {
  readonly boot: string;
  /** Sequence number of the first record. */
  readonly first: number;
  readonly records: readonly LogRecord[];
  /**
   * Uptime in milliseconds at sending, and the board's clock in seconds since 1970 (0: not set).
   */
  readonly uptime: number;
  readonly unix: number;
  /** Number of records dropped by the board since boot, by level. */
  readonly dropped: Readonly<Record<string, number>>;
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

function unescape(text: string): string {
  return text.replace(/\\(.)/gu, (_, c: string) => ESCAPES[c] ?? c);
}

function parseRecord(line: string, seq: number): LogRecord {
  const match = /^([DIWECO])\t(\d{1,15})\t([^\t]{0,64})\t(.*)$/su.exec(line);
  if (!match) {
    throw new ProtocolError(l10n.t('a log line is not in the form that the protocol specifies'));
  }
  const [, level = 'O', ms = '0', logger = '', raw = ''] = match;
  const cut = raw.endsWith('\\…');
  const text = withAgentNames(unescape(cut ? raw.slice(0, -2) : raw));
  return { seq, level: level as LogLevel, ms: Number(ms), logger, text, cut };
}

/** Decodes a batch. @throws ProtocolError when it does not have the form of section 9 */
export function parseLogBatch(payload: Uint8Array): LogBatch {
  const [head = '', ...lines] = Buffer.from(payload).toString('utf8').split('\n');
  const o = decodeJson(Buffer.from(head));
  const count = typeof o.n === 'number' ? o.n : -1;
  const first = typeof o.s === 'number' ? o.s : -1;
  const body = lines.filter((line) => line !== '');
  if (typeof o.boot !== 'string' || first < 0 || count !== body.length) {
    throw new ProtocolError(l10n.t('a log batch does not match its header'));
  }
  const dropped: Record<string, number> = {};
  if (typeof o.drop === 'object' && o.drop !== null) {
    for (const [level, n] of Object.entries(o.drop).slice(0, 8)) {
      dropped[level.slice(0, 1)] = typeof n === 'number' ? n : 0;
    }
  }
  return {
    boot: o.boot.slice(0, 8),
    first,
    records: body.map((line, i) => parseRecord(line, first + i)),
    uptime: typeof o.t === 'number' ? o.t : 0,
    unix: typeof o.u === 'number' ? o.u : 0,
    dropped,
  };
}
