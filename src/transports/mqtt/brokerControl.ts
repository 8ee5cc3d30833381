import * as l10n from '@vscode/l10n';
import { abortable, Deferred, systemClock } from '../../core/async';
import { utf8, validText } from '../../core/bytes';
import { ProtocolError, TimeoutError, UsageError } from '../../core/errors';
import type { BrokerConnection } from './brokerConnection';

/** Topics of requests to the plug-in and of its answers. */
const CONTROL = '$CONTROL/dynamic-security/v1';
const CONTROL_ANSWERS = `${CONTROL}/response`;

/** One request. Several share one message and are done in order. */
export interface ControlCommand {
  readonly command: string;
  readonly [field: string]: unknown;
}

/** Longest wait for an answer in milliseconds. A broker without the plug-in never answers. */
const ANSWER_MS = 10_000;

/** The answer to one command. */
export interface ControlAnswer {
  readonly command: string;
  readonly error?: string;
  readonly data?: unknown;
}

/**
 * Sends commands to mosquitto's dynamic security plug-in.
 * @returns the answers in order; those to refused commands contain an error
 * @throws UsageError without the right to do so, TimeoutError if nothing answers, ProtocolError
 */
export async function control(
  connection: Pick<BrokerConnection, 'listen' | 'publish' | 'profile'>,
  commands: readonly ControlCommand[],
  signal: AbortSignal,
): Promise<readonly ControlAnswer[]> {
  const answered = new Deferred<readonly ControlAnswer[]>();
  const listening = connection.listen(
    CONTROL_ANSWERS,
    ({ payload }) => {
      try {
        answered.resolve(parse(payload));
      } catch (error) {
        answered.reject(error);
      }
    },
    () => answered.reject(noRight(connection.profile.name)),
  );
  const timer = systemClock.after(ANSWER_MS, () =>
    answered.reject(
      new TimeoutError(l10n.t('{0} does not answer about its accounts', connection.profile.name), {
        hint: l10n.t(
          'It must be a mosquitto with the plug-in mosquitto_dynamic_security, and your login needs its role "admin".',
        ),
      }),
    ),
  );
  try {
    await connection.publish(CONTROL, utf8(JSON.stringify({ commands })), { qos: 1 });
    return await abortable(answered.promise, signal);
  } finally {
    timer.dispose();
    listening.dispose();
  }
}

/** Parses an answer of the broker's control topic. @throws ProtocolError */
function parse(payload: Uint8Array): readonly ControlAnswer[] {
  const { responses } = jsonObject(payload) as { responses?: unknown };
  if (!Array.isArray(responses)) throw unreadable();
  return responses.map((answer: unknown) => {
    const { command, error, data } = (answer ?? {}) as Record<string, unknown>;
    if (typeof command !== 'string') throw unreadable();
    return {
      command,
      ...(typeof error === 'string' ? { error: error.slice(0, 200) } : {}),
      ...(data === undefined ? {} : { data }),
    };
  });
}

function jsonObject(payload: Uint8Array): object {
  try {
    const json: unknown = JSON.parse(validText(payload) ?? '');
    if (typeof json === 'object' && json !== null) return json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unreadable();
}

function unreadable(): ProtocolError {
  return new ProtocolError(l10n.t("The broker's answer about its accounts is invalid"));
}

function noRight(name: string): UsageError {
  return new UsageError(l10n.t('{0} does not let this login manage accounts', name), {
    hint: l10n.t('Log in as an account with the role "admin" of the plug-in.'),
  });
}
