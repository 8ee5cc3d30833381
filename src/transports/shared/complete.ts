import snippet from '../../../board/snippets/namesThat.py';
import { text } from '../../core/bytes';
import { pyRepr } from '../../core/python/python';
import { withEitherNames } from '../../core/python/firmwareNames';
import type { SharedLine } from '../../core/share/sharedLine';
import { Refusal } from './refusal';

const DOTTED = /^[A-Za-z_][\w.]{0,100}$|^$/;
const MOST = 64;

/** Completes dotted text by code on the board, which only looks up attributes and calls nothing. */
export async function complete(
  line: SharedLine,
  typed: unknown,
  mtu: number,
  signal: AbortSignal,
): Promise<object> {
  if (typeof typed !== 'string' || !DOTTED.test(typed)) throw new Refusal('EINVAL', 't');
  const parts = typed.split('.');
  const last = parts.pop() ?? '';
  // It runs in its own namespace, so it leaves no names on the board.
  const code = `exec(${pyRepr(withEitherNames(snippet))},{'path':${pyRepr(parts.join('.'))}})`;
  const output = await line.withSession((session) => session.exec(code, { signal }), {
    signal,
    job: 'Completing for a colleague',
  });
  const base = parts.map((part) => `${part}.`).join('');
  const found: string[] = [];
  let used = 40;
  for (const name of new Set(text(output).split(/\r?\n/).sort())) {
    const isHidden = name.startsWith('_') && !last.startsWith('_');
    if (!/^\w+$/.test(name) || !name.startsWith(last) || isHidden) continue;
    used += base.length + name.length + 4;
    if (found.length === MOST || used > mtu) return { l: found, more: 1 };
    found.push(base + name);
  }
  return { l: found, more: 0 };
}
