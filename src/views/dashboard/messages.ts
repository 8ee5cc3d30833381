import type { Metric, Selectable } from '../../core/many';

/** A board as a row of the dashboard: plain data. Texts may come from boards and are shown as text only. */
export interface DashboardRow extends Selectable {
  readonly id: string;
  readonly firmware?: string;
  /** Version of the agent, if the board has one. */
  readonly agent?: string;
  /** Version of the app that runs. */
  readonly app?: string;
  /** The version that it should run instead. */
  readonly wantedApp?: string;
  /** `signed` or `open`, for boards behind a broker. */
  readonly mode?: string;
  /**
   * Time of the board's last message, in milliseconds since 1970. Undefined: none in this window.
   */
  readonly lastSeen?: number;
  /** Milliseconds. */
  readonly roundTrip?: number;
  /** Bytes. */
  readonly memory?: { readonly free: number; readonly total?: number };
  readonly flash?: { readonly free: number; readonly total?: number };
  /** dBm. */
  readonly signal?: number;
  /** A problem that needs attention; undefined if there is none. */
  readonly trouble?: string;
  /** Its state in the user's language; `state` is the word that filters use. */
  readonly stateText: string;
  /** Number of jobs that wait until it is back. */
  readonly waiting: number;
}

/** Period of a board's charts: `live` is the time of this window; days come from the history. */
export const CHART_PERIODS = ['live', 'day', 'week', 'month'] as const;
export type ChartPeriod = (typeof CHART_PERIODS)[number];

/** A measurement, or the mean of several with their minimum and maximum. */
export interface ChartPoint {
  readonly at: number;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
}
export type BoardSeries = Partial<Readonly<Record<Metric, readonly ChartPoint[]>>>;

/** Actions for the selected boards, by command. */
export const ACTIONS = {
  run: 'mpyFleet.fleetRun',
  runCode: 'mpyFleet.fleetRunCode',
  upload: 'mpyFleet.uploadTo',
  reset: 'mpyFleet.softReset',
  hardReset: 'mpyFleet.hardReset',
  stop: 'mpyFleet.interrupt',
  rollOut: 'mpyFleet.rollOut',
  updateAgent: 'mpyFleet.updateAgent',
  clock: 'mpyFleet.setClock',
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
  /** Measurements and other facts of the selected board. */
  | {
      readonly kind: 'board';
      readonly id: string;
      /** Problems that need attention; `help` says what to do about each. */
      readonly issues: readonly {
        readonly mark: string;
        readonly text: string;
        readonly help?: string;
      }[];
      readonly series: BoardSeries;
      readonly period: ChartPeriod;
      readonly facts: readonly (readonly [string, string])[];
      /** Total bytes of memory and flash: the upper ends of the charts of free bytes. */
      readonly totals: { readonly memoryFree?: number; readonly flashFree?: number };
      /** The board's time zone in minutes east of UTC, if its configuration names one. */
      readonly zone?: number;
    };

export type FromDashboard =
  | { readonly kind: 'ready' }
  | { readonly kind: 'act'; readonly action: ActionName; readonly ids: readonly string[] }
  /** Shows details of one board; '' closes them. */
  | { readonly kind: 'look'; readonly id: string; readonly period: ChartPeriod }
  /** Runs the command that helps with a problem of one board. */
  | { readonly kind: 'help'; readonly id: string; readonly mark: string }
  /** Shows the history of one board. */
  | { readonly kind: 'history'; readonly id: string }
  /** Asks the board for memory and flash now. */
  | { readonly kind: 'measure'; readonly id: string };

/** Reads a message of the page; anything unknown is undefined. */
export function readMessage(message: unknown): FromDashboard | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, action, ids, id, period, mark } = message as Record<string, unknown>;
  if (kind === 'ready') return { kind };
  if ((kind === 'history' || kind === 'measure') && typeof id === 'string') return { kind, id };
  if (kind === 'help' && typeof id === 'string' && typeof mark === 'string') {
    return { kind, id, mark };
  }
  if (kind === 'look' && typeof id === 'string') {
    return { kind, id, period: CHART_PERIODS.find((p) => p === period) ?? 'live' };
  }
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
