import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import type { AgentControl } from '../agent';
import { asError, ConnectionLostError, TimeoutError, UsageError } from '../errors';
import type { CommandRow, CommandState } from '../store';
import type { AppReply, MessageStore } from './collector';

/** Longest message to an app, in characters. */
const MAX_TEXT = 1_000;
const DAY_MS = 86_400_000;

/**
 * Sends messages to apps. The store keeps each message until its board has received it, so a board
 * that is away gets it later. A board recognises a repeated message by its id.
 */
export class AppCommands {
  constructor(
    private readonly store: Pick<MessageStore, 'commands' | 'putCommand'>,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Stores a message, and delivers it if the board is connected.
   * @param control the agent of the board; undefined while it is away
   * @param lifeMs milliseconds for which it may wait for the board
   * @throws UsageError for an empty or too long text
   */
  async send(
    uid: string,
    text: string,
    control: AgentControl | undefined,
    { lifeMs = DAY_MS, signal }: { readonly lifeMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<CommandRow> {
    if (text === '' || text.length > MAX_TEXT) {
      throw new UsageError(l10n.t('A message has 1 to {0} characters', MAX_TEXT));
    }
    const at = this.now();
    const command: CommandRow = {
      ...{ id: randomUUID(), uid, at, text, until: at + lifeMs },
      state: 'queued',
    };
    await this.store.putCommand(command);
    return control?.birth ? this.#deliver(command, control, signal) : command;
  }

  /**
   * Sends a message and waits up to `patienceMs` milliseconds for the app's answer, as long as the
   * board is connected.
   * @param wait resolves when it is time to ask the board for the answer to the message `id`
   * @throws what {@link send} throws
   */
  async sendAndWait(
    uid: string,
    text: string,
    control: AgentControl,
    {
      patienceMs,
      wait,
      lifeMs,
      signal,
    }: {
      readonly patienceMs: number;
      readonly wait: (id: string) => Promise<void>;
      readonly lifeMs?: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<CommandRow> {
    let command = await this.send(uid, text, control, {
      ...(lifeMs === undefined ? {} : { lifeMs }),
      ...(signal ? { signal } : {}),
    });
    const until = this.now() + patienceMs;
    while (isOpen(command.state) && control.birth && this.now() < until && !signal?.aborted) {
      await wait(command.id);
      command = (await this.look(command.id, control, signal)) ?? command;
    }
    return command;
  }

  /** Delivers waiting messages to a connected board, and asks it for the state of earlier ones. */
  async deliver(uid: string, control: AgentControl, signal?: AbortSignal): Promise<void> {
    const open = await this.store.commands({ uid, open: true, limit: 100 });
    for (const command of [...open].reverse()) await this.#deliver(command, control, signal);
  }

  /** Returns the state of a message; asks the board if it is connected. */
  async look(
    id: string,
    control: AgentControl | undefined,
    signal?: AbortSignal,
  ): Promise<CommandRow | undefined> {
    const [command] = await this.store.commands({ id, limit: 1 });
    if (!command || !isOpen(command.state) || !control?.birth) return command;
    return this.#deliver(command, control, signal);
  }

  /** Marks the messages as expired whose boards did not connect in time. Returns their number. */
  async expire(): Promise<number> {
    const open = await this.store.commands({ open: true, limit: 1_000 });
    const late = open.filter(({ state, until }) => state === 'queued' && this.now() >= until);
    for (const command of late) await this.#put({ ...command, state: 'expired' });
    return late.length;
  }

  /** Stores an app's answer. */
  async replied({ uid, record }: AppReply): Promise<CommandRow | undefined> {
    const [command] = await this.store.commands({ id: record.to, limit: 1 });
    if (command?.uid !== uid || !isOpen(command.state)) return undefined;
    return this.#put({ ...command, ...outcome(record.reply, record.error) });
  }

  async #deliver(
    command: CommandRow,
    control: AgentControl,
    signal: AbortSignal | undefined,
  ): Promise<CommandRow> {
    const boot = control.birth?.boot;
    if (command.state === 'queued' && this.now() >= command.until) {
      return this.#put({ ...command, state: 'expired' });
    }
    if (command.boot !== undefined && command.boot !== boot) {
      const error = l10n.t('The board restarted before the app answered');
      return this.#put({ ...command, state: 'failed', error });
    }
    const sent = { ...command, state: 'sent' as const, ...(boot === undefined ? {} : { boot }) };
    try {
      const answer = await control.askApp({ a: 'msg', id: command.id, t: command.text }, signal);
      const reply = typeof answer.r === 'string' ? answer.r : undefined;
      if (answer.st === 'done') return await this.#put({ ...sent, ...outcome(reply, undefined) });
      if (answer.st === 'failed') return await this.#put({ ...sent, ...outcome(undefined, reply) });
      return await this.#put({ ...sent, state: 'delivered' });
    } catch (error) {
      // The board may have received the message although the acknowledgement was lost. It is sent
      // again with the same id.
      const isOpenStill = error instanceof ConnectionLostError || error instanceof TimeoutError;
      if (isOpenStill) return this.#put({ ...sent, state: 'sent' });
      if (signal?.aborted) throw error;
      return this.#put({ ...command, state: 'failed', error: asError(error).message });
    }
  }

  async #put(command: CommandRow): Promise<CommandRow> {
    await this.store.putCommand(command);
    return command;
  }
}

/** Returns whether the message may still be delivered or answered. */
export function isOpen(state: CommandState): boolean {
  return state === 'queued' || state === 'sent' || state === 'delivered';
}

function outcome(
  reply: string | undefined,
  error: string | undefined,
): Pick<CommandRow, 'state'> & Partial<Pick<CommandRow, 'reply' | 'error'>> {
  if (error !== undefined) return { state: 'failed', error };
  return { state: 'done', ...(reply === undefined ? {} : { reply }) };
}
