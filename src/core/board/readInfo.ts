import * as l10n from '@vscode/l10n';
import infoSnippet from '../../../board/snippets/info.py';
import type { BoardInfo } from './boardInfo';
import { isPlaceholderUid } from './discovery';
import { mpyFromNumber } from './mpyFormat';
import { text } from '../bytes';
import { ProtocolError } from '../errors';
import { withEitherNames } from '../python/firmwareNames';
import type { Session } from '../transport';

const TEXT_LIMIT = 120; // the machine's name is the longest value
const UID_LIMIT = 64;
/**
 * Reads the board's description of itself in one exec. Unknown facts are omitted.
 * @throws ProtocolError if the answer does not come from a Python; whatever {@link Session.exec}
 * throws
 */
export async function readInfo(session: Session, signal?: AbortSignal): Promise<BoardInfo> {
  return parseInfo(text(await session.exec(withEitherNames(infoSnippet), { signal })));
}

/** Parses the `key TAB value` lines that info.py prints, and validates and bounds every value. */
export function parseInfo(output: string): BoardInfo {
  const values = new Map<string, string>();
  for (const line of output.slice(0, 8192).split(/\r?\n/)) {
    const at = line.indexOf('\t');
    if (at > 0) values.set(line.slice(0, at), line.slice(at + 1));
  }
  const get = (key: string) => clean(values.get(key) ?? '');
  const implementation = get('implementation');
  if (implementation === '') {
    throw new ProtocolError(l10n.t('The board did not say which Python it runs'), {
      hint: l10n.t('Is the firmware MicroPython or CircuitPython?'),
    });
  }
  const uid = get('uid').toLowerCase();
  const readOnly = get('readOnly');
  return {
    ...(/^[0-9a-f]+$/.test(uid) && uid.length <= UID_LIMIT && !isPlaceholderUid(uid)
      ? { uid }
      : {}),
    implementation,
    version: get('version'),
    platform: get('platform'),
    machine: get('machine'),
    ...optional('mpy', mpyFromNumber(wholeNumber(get('mpy')) ?? 0)),
    ...optional('memory', pairOf(get('memory'))),
    ...optional('flash', pairOf(get('flash'))),
    ...(readOnly === '' ? {} : { readOnly: readOnly === '1' }),
    ...optional('time', wholeNumber(get('time'))),
  };
}

/** Reduces a text to one line of printable characters. */
function clean(value: string): string {
  return value
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .slice(0, TEXT_LIMIT)
    .trim();
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

function wholeNumber(value: string): number | undefined {
  return /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function pairOf(value: string): { free: number; total: number } | undefined {
  const [, free, total] = /^(\d{1,15}) (\d{1,15})$/.exec(value) ?? [];
  return free && Number(total) > 0 ? { free: Number(free), total: Number(total) } : undefined;
}
