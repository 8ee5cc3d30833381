import * as l10n from '@vscode/l10n';
import { CancelledError, UsageError } from '../errors';
import { pyRepr } from '../python/python';
import type { Session, Transport } from '../transport';
import { utf8 } from '../bytes';
import { BoardOutput, marksFor, type Marks } from './boardOutput';
import { showingLastValue } from './lastValue';
import type { CellOutput } from './output';

/** Code to run on a board. */
export interface BoardRun {
  readonly code: string;
  /** Letters and digits that no program prints by chance. */
  readonly token: string;
  readonly output: Pick<CellOutput, 'text' | 'ask'>;
  readonly signal: AbortSignal;
}

/**
 * Runs code in a session. Output is passed on as it arrives, and `input()` asks the user.
 * @returns the printed value of the last line if that is an expression with a value
 * @throws what Session.exec throws; CancelledError once the board is at its prompt again
 */
export async function runOnBoard(
  session: Session,
  { code, token, output, signal }: BoardRun,
  can: Pick<Transport['can'], 'stdin'>,
): Promise<string | undefined> {
  const marks = marksFor(token);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let write: ((data: Uint8Array) => Promise<void>) | undefined;
  const answer = async (prompt: string) => {
    output.text(prompt);
    const line = await output.ask(prompt, either);
    if (line === undefined) throw new CancelledError(l10n.t('The question was dismissed'));
    if (!write) throw new UsageError(l10n.t('This link cannot send input to the board'));
    await write(utf8(`${line.replace(/[\r\n]/g, ' ')}\r`));
  };
  const parts = new BoardOutput(marks, {
    text: (text) => output.text(text),
    question: (prompt) => void answer(prompt).catch((error: unknown) => stop.abort(error)),
  });
  if (can.stdin && /\binput\b/.test(code)) await session.exec(asking(marks), { signal });
  try {
    await session.exec(showingLastValue(code, marks.value), {
      signal: either,
      onStdout: (chunk) => parts.take(chunk),
      onStart: (send) => {
        write = send;
      },
    });
  } finally {
    parts.end();
  }
  return parts.value;
}

/**
 * Returns Python that marks the questions of `input()`, also in modules if the port allows replacing builtins. The board's own
 * function reads the answer and echoes it.
 */
function asking({ question }: Marks): string {
  const [end = ''] = question;
  return [
    'import builtins as __b',
    'try:__i',
    // As a name: the module's attribute is the firmware's function even after boot.py or the demo board has replaced it.
    'except NameError:__i=input',
    "def input(p='',__i=__i):",
    ` print(end=${pyRepr(question)}+str(p)+${pyRepr(end)})`,
    ' return __i()',
    'try:__b.input=input',
    'except Exception:pass',
    '',
  ].join('\n');
}
