import { awaitedLater, Deferred } from '../async';
import * as l10n from '@vscode/l10n';
import {
  type AgentControl,
  type AgentSource,
  type Birth,
  type Gone,
  hasSource,
  updateOverTheAir,
} from '../agent';
import type { BoardFiles } from '../boardFiles';
import type { Broker } from '../broker/broker';
import { nextPresence } from '../broker/announced';
import { confirmed, type Tried } from '../broker/confirmed';
import { UsageError } from '../errors';
import { compareReleases } from '../flash';
import type { RolloutPlan, RolloutSteps } from './rollout';

/** A board whose agent or firmware is updated over the air. */
export interface AirBoard {
  readonly name: string;
  readonly uid: string;
  readonly files: BoardFiles;
  /** Its files are reached over a cable, where the agent is a running program: a look at them would stop it. */
  readonly isOnCable?: boolean;
  readonly control: AgentControl;
  readonly broker: Pick<Broker, 'onMessage' | 'onPresence' | 'presences'>;
}

/** Where one update reports to, and its time limit. */
export interface AirIo {
  readonly signal: AbortSignal;
  /** Called when a step begins. */
  readonly onStep?: (words: string) => void;
  /** Bytes of a firmware image. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Whether signed firmware may be older than what the board runs. */
  readonly older?: boolean;
  /** Longest wait in milliseconds for the board to confirm the update. */
  readonly confirmMs?: number;
}

/** The agent to install on boards. */
export interface NewAgent {
  readonly version: string;
  readonly sourceOf: (compiled: boolean) => Promise<AgentSource>;
}

/**
 * Returns whether a board runs this agent: its version and its files.
 * @throws FleetError if a board of that version does not let this computer look at its files
 */
export async function runsAgent(
  { control, files, isOnCable = false }: Pick<AirBoard, 'control' | 'files' | 'isOnCable'>,
  { version, sourceOf }: NewAgent,
  signal: AbortSignal,
): Promise<boolean> {
  const { birth } = control;
  if (birth?.agent !== version || birth.trial) return false;
  return isOnCable || (await hasSource(files, sourceOf, signal));
}

/**
 * Installs a new agent on a board over the air and waits until the board has confirmed it: after
 * three round trips through the broker, usually a minute after its start. A board that cannot
 * confirm it goes back to the old one.
 * @returns false if the board already runs that agent
 * @throws UsageError when the board is away or went back, TimeoutError
 */
export async function updateAgentOn(board: AirBoard, agent: NewAgent, io: AirIo): Promise<boolean> {
  if (!board.control.birth) throw isAway(board);
  if (await runsAgent(board, agent, io.signal)) return false;
  const onStep = { onStep: (words: string) => io.onStep?.(words) };
  await tried(board, 'agent', io, (signal) =>
    updateOverTheAir(board, board.control, agent.sourceOf, { signal, ...onStep }),
  );
  return true;
}

/** Firmware for the second partition of a board. */
export interface NewFirmware {
  readonly image: Uint8Array;
  /** What its signed manifest says; undefined: it is not signed. */
  readonly signed?: SignedFirmware;
}

/** For which board a signed manifest says that firmware is, and the version of its MicroPython. */
export interface SignedFirmware {
  readonly board: string;
  readonly version: string;
}

/**
 * Writes new firmware to a board's second partition over the air, starts it, and waits until the board has confirmed it.
 * @throws UsageError when the board cannot take it or went back, TimeoutError
 */
export async function updateFirmwareOn(
  board: AirBoard,
  { image, signed }: NewFirmware,
  io: AirIo,
): Promise<void> {
  const { control, name } = board;
  if (!control.birth) throw isAway(board);
  if (!control.birth.caps.has('ota')) {
    throw new UsageError(l10n.t('{0} cannot take new firmware over the air', name), {
      hint: l10n.t('That needs an ESP32 with two firmware partitions. Use the cable.'),
    });
  }
  if (signed) checkFits(name, control.birth, signed, io.older ?? false);
  const { size } = await control.firmware(io.signal);
  if (image.length > size) {
    throw new UsageError(
      l10n.t('The image has {0} bytes, but the board has room for {1}', image.length, size),
      {
        hint: l10n.t('Choose the update image, not the one that also contains the boot loader.'),
      },
    );
  }
  await tried(board, 'firmware', io, async (signal) => {
    io.onStep?.(l10n.t('Writing the firmware'));
    await control.writeFirmware(image, { signal, onProgress: io.onProgress });
    io.onStep?.(l10n.t('Restarting'));
    return control.restart({ mode: 'hard' }, signal);
  });
}

/** Maximum characters of the machine's name in a birth (board/agent/copy/telling.py). */
const MOST_MACHINE = 64;

/**
 * Checks that signed firmware fits the board.
 * @throws UsageError if signed firmware is for another board, or older than what the board runs and must not be
 */
function checkFits(
  name: string,
  { machine, fw }: Pick<Birth, 'machine' | 'fw'>,
  { board, version }: SignedFirmware,
  mayBeOlder: boolean,
): void {
  // `_machine` is the name of the board, " with ", and the name of its chip.
  const isBoard =
    machine === board.slice(0, MOST_MACHINE) ||
    machine.startsWith(`${board} with `.slice(0, MOST_MACHINE));
  if (!isBoard) {
    throw new UsageError(
      l10n.t('The firmware is for "{0}", but {1} is "{2}"', board, name, machine),
      { hint: l10n.t('Nothing was sent to it. Choose the firmware for this board.') },
    );
  }
  if (mayBeOlder || (compareReleases(version, fw) ?? 0) >= 0) return;
  throw new UsageError(
    l10n.t('{0} runs MicroPython {1}, but the firmware is the older {2}', name, fw, version),
    { hint: l10n.t('Nothing was sent to it. In a shell, --force writes an older one.') },
  );
}

/**
 * Listens before the restart, so that no confirmation is missed. The message about it is sent once, so it is lost if this computer
 * is not connected at that moment; the board's retained announcement says it as well.
 */
async function tried(
  { broker, uid }: AirBoard,
  what: Tried,
  { signal, confirmMs, onStep }: AirIo,
  start: (signal: AbortSignal) => Promise<Birth>,
): Promise<void> {
  const own = new AbortController();
  const until = { signal: AbortSignal.any([signal, own.signal]) };
  const limit = confirmMs === undefined ? {} : { limitMs: confirmMs };
  const boot = new Deferred<string>();
  const outcome = confirmed(broker, uid, what, boot.promise, { ...until, ...limit });
  awaitedLater(outcome); // the start may fail first
  try {
    const started = await start(signal);
    boot.resolve(started.boot);
    onStep?.(l10n.t('Waiting until the board has confirmed it'));
    await Promise.race([
      outcome,
      ...(started.trial ? [trialEnds(broker, uid, started.boot, until)] : []),
    ]);
  } finally {
    own.abort();
  }
}

/** Resolves when the board announces that the start with this boot id is no longer on trial. */
async function trialEnds(
  broker: AirBoard['broker'],
  uid: string,
  boot: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const isOver = (state: Birth | Gone) =>
    (state.on && state.boot === boot && !state.trial) || undefined;
  const now = broker.presences.get(uid);
  if (now && isOver(now)) return;
  await nextPresence(broker, uid, isOver, { signal });
}

/**
 * Returns the steps of a roll-out of `update`, which waits for the confirmation itself. Boards can
 * go back on their own.
 */
export function airSteps<B>(
  update: (board: B, signal: AbortSignal) => Promise<unknown>,
): RolloutSteps<B> {
  const nothing = () => Promise.resolve();
  return {
    apply: async (board, signal) => {
      await update(board, signal);
    },
    healthy: () => Promise.resolve(true),
    rollBack: nothing,
    settle: nothing,
  };
}

/**
 * Pace of an update: the canaries, the waves after them, and the fraction of boards that may fail.
 */
export type Pace = Pick<RolloutPlan, 'canaries' | 'waves' | 'mostFailed' | 'concurrency'>;

/** Returns the plan for the steps of {@link airSteps}. */
export function airPlan(pace: Pace): RolloutPlan {
  return { mostFailed: 0, ...pace, keeps: true, healthMs: 0 };
}

function isAway({ name }: AirBoard): UsageError {
  return new UsageError(l10n.t('{0} is not connected to its broker', name));
}

/**
 * Parses waves as people write them: `1,10%,50%`, cumulative. The first number is the canaries; the
 * remaining boards follow at the end.
 * @param count number of boards
 * @throws UsageError
 */
export function parseWaves(text: string, count: number): Pick<RolloutPlan, 'canaries' | 'waves'> {
  const parts = text.split(',').map((part) => {
    const [, digits = '', percent] = /^\s*(\d{1,6}(?:\.\d+)?)\s*(%?)\s*$/.exec(part) ?? [];
    const n = Number(digits);
    const fraction = percent ? n / 100 : n / Math.max(1, count);
    if (digits === '' || n <= 0 || (percent && n > 100)) throw wrongWaves(text);
    return Math.min(1, fraction);
  });
  if (parts.some((part, i) => i > 0 && part < (parts[i - 1] ?? 0))) throw wrongWaves(text);
  const [first = 1, ...waves] = parts;
  return { canaries: Math.ceil(first * count - 1e-9), waves };
}

function wrongWaves(text: string): UsageError {
  return new UsageError(l10n.t('"{0}" does not describe waves', text), {
    hint: l10n.t(
      'Write increasing numbers of boards or percentages, for example 1,10%,50%; the rest follows.',
    ),
  });
}
