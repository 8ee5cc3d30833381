import probe from '../../../board/snippets/probe.py';
import { throwIfAborted } from '../async';
import { concat, text } from '../bytes';
import type { Capabilities } from '../capabilities';
import type { Session } from '../transport';
import { PROBE_ANSWER, presumedCapabilities, readProbe } from './probeCapabilities';
import { Answer, type Argument, isPacked, minify, program, SILENCE_MS, wireForm } from './snippets';
import { lacksSupport } from './unasked';

/** The probe answers in the first bytes of the output. More than these came from something else. */
const PROBE_BYTES = 1024;

/** What the first code on a link has found out. */
export interface FirstAnswer {
  /** Undefined: the board must be probed in the plain way. */
  readonly can?: Capabilities;
  /** The lines of the verb. Undefined: it failed or its answer was damaged, so it must run again. */
  readonly lines?: readonly string[];
}

/**
 * Probes the board and runs a verb that changes nothing, in one round trip and compressed, as most boards allow. On others this
 * fails without an effect.
 * @throws what {@link Session.exec} throws for a lost link or an abort
 */
export async function probeAlong(
  session: Session,
  snippets: readonly string[],
  args: readonly Argument[],
  signal?: AbortSignal,
): Promise<FirstAnswer> {
  const form = presumedCapabilities(session);
  const code = `${minify(probe)}\n${program(snippets, args)}`;
  if (!isPacked(code, form)) return {};
  let isFed = false;
  let can: Capabilities | undefined;
  let head: Uint8Array = new Uint8Array();
  const answer = new Answer(true);
  const onStart = () => {
    isFed = true;
  };
  const onStdout = (chunk: Uint8Array) => {
    if (can) {
      answer.feed(chunk);
      return;
    }
    if (head.length > PROBE_BYTES) return;
    head = concat([head, chunk]);
    const said = text(head);
    can = readProbe(said, isFed, session);
    const match = PROBE_ANSWER.exec(said);
    if (match) answer.feed(head.subarray(match.index + match[0].length));
  };
  const options = { signal, idleTimeoutMs: SILENCE_MS, pasteOnly: true, onStart, onStdout };
  try {
    await session.exec(wireForm(code, form), options);
  } catch (error) {
    throwIfAborted(signal);
    if (!lacksSupport(error)) throw error;
    return { ...(can && { can }) };
  }
  return { ...(can && { can }), ...(answer.whole && { lines: answer.lines }) };
}
