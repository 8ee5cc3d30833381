import type { Selectable } from '../../core/many/selector';
import type { Sample } from '../../core/many/telemetry';

/** A board as a row of the dashboard: plain data. Texts may come from boards and are shown as text only. */
export interface DashboardRow extends Selectable {
  readonly id: string;
  readonly firmware?: string;
  /** Version of the agent, where the board has one. */
  readonly agent?: string;
  /** `signed` or `open`, for boards behind a broker. */
  readonly mode?: string;
  /** Milliseconds since 1970 when something was heard of it; undefined: never in this window. */
  readonly lastSeen?: number;
  /** Milliseconds. */
  readonly roundTrip?: number;
  /** Bytes. */
  readonly memory?: { readonly free: number; readonly total?: number };
  readonly flash?: { readonly free: number; readonly total?: number };
  /** dBm. */
  readonly signal?: number;
  /** What needs attention, in words; undefined: nothing. */
  readonly trouble?: string;
  /** Jobs that wait until it is back. */
  readonly waiting: number;
}

/** What can be done with the selected boards, as commands of ours. */
export const ACTIONS = {
  run: 'mpyFleet.fleetRun',
  runCode: 'mpyFleet.fleetRunCode',
  upload: 'mpyFleet.fleetUpload',
  reset: 'mpyFleet.fleetSoftReset',
  clock: 'mpyFleet.fleetSetClock',
  tags: 'mpyFleet.editTags',
  group: 'mpyFleet.saveGroup',
  repl: 'mpyFleet.openRepl',
} as const;
export type ActionName = keyof typeof ACTIONS;

export type ToDashboard =
  | { readonly kind: 'words'; readonly words: Readonly<Record<string, string>> }
  /** `all`: these are the only rows; otherwise they are new or have changed. */
  | {
      readonly kind: 'rows';
      readonly all: boolean;
      readonly rows: readonly DashboardRow[];
      readonly removed: readonly string[];
    }
  /** Measurements of the board that is being looked at, and what else is known of it. */
  | {
      readonly kind: 'board';
      readonly id: string;
      readonly samples: readonly Sample[];
      readonly facts: readonly (readonly [string, string])[];
    };

export type FromDashboard =
  | { readonly kind: 'ready' }
  | { readonly kind: 'act'; readonly action: ActionName; readonly ids: readonly string[] }
  /** Show one board closely; '' ends that. */
  | { readonly kind: 'look'; readonly id: string }
  /** Ask the board now for memory and flash. */
  | { readonly kind: 'measure'; readonly id: string };

/** Reads a message of the page; anything unknown is undefined. */
export function readMessage(message: unknown): FromDashboard | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, action, ids, id } = message as Record<string, unknown>;
  if (kind === 'ready') return { kind };
  if ((kind === 'look' || kind === 'measure') && typeof id === 'string') return { kind, id };
  if (
    kind === 'act' &&
    typeof action === 'string' &&
    Object.hasOwn(ACTIONS, action) &&
    Array.isArray(ids)
  ) {
    const texts = ids.filter((i): i is string => typeof i === 'string');
    return { kind, action: action as ActionName, ids: texts };
  }
  return undefined;
}
