import * as l10n from '@vscode/l10n';
import { AGENT_VERSION } from '../agent';
import { type Board, bytesText, type Found } from '../board';
import { compareVersions } from '../packages';
import { shownMinute } from '../shownTime';
import type { Sample } from './telemetry';

/**
 * Number of consecutive crashes, without a minute of running in between, after which the program
 * counts as restarting.
 */
const RESTARTING = 3;
/**
 * Number of its usual intervals after which a silent board counts as having missed its heartbeats.
 */
const MISSED = 4;
/** Shortest silence in milliseconds that counts. */
const SILENT_MS = 30_000;
/**
 * Part of its peak that free memory must lose to count as falling, over at least this many samples
 * and milliseconds.
 */
const FALLEN = 0.7;
const FALL_SAMPLES = 12;
const FALL_MS = 10 * 60_000;
/** Flash counts as nearly full if its free share, or the number of free bytes, is below these limits. */
const FLASH_PART = 0.05;
const FLASH_BYTES = 16_384;
/** Signal strength, in dBm, below which the latest samples count as weak. */
const WEAK_SIGNAL = -80;
const SIGNAL_SAMPLES = 3;
/** Milliseconds by which a clock must be off to count as wrong. */
const CLOCK_MS = 60_000;

/** Milliseconds for which restarts of tasks count. */
const RESTARTS_MS = 60 * 60_000;
/**
 * Firmware below this version is old: it was released in 2023 and lacks fixes for Wi-Fi and TLS.
 */
const OLDEST_FIRMWARE = '1.20';

/** A board's report about itself at a broker. */
type Details = Readonly<Partial<Record<string, string>>>;

/** Kinds of problems. All but `error` can be selected: `state:stale`, `state:safe`. */
export type Mark =
  | 'crashed'
  | 'restarting'
  | 'stale'
  | 'overslept'
  | 'safe'
  | 'updating'
  | 'module-failed'
  | 'task-restarts'
  | 'old-agent'
  | 'old-firmware'
  | 'error'
  | 'low-memory'
  | 'low-flash'
  | 'weak-signal'
  | 'wrong-clock';

/** A problem of one board. */
export interface Issue {
  readonly mark: Mark;
  /** Describes the problem. May contain text from a board. */
  readonly text: string;
}

/** Facts, in addition to those of the board itself, from which its health is judged. */
export interface HealthFacts {
  /** Measurements of this window, oldest first. */
  readonly samples: readonly Sample[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Returns all problems of a board, the most serious first. Empty: no problem is known. */
export function healthOf(board: Board, { samples, now }: HealthFacts): Issue[] {
  const details = Object.assign({}, ...board.links.map((l) => l.found.details ?? {})) as Details;
  const { crash, state, asleep } = board;
  const sleeps = asleep?.overslept === false; // it is silent and unreachable, as intended
  const issues: (Issue | undefined)[] = [
    crash && crash.count >= RESTARTING
      ? issue(
          'restarting',
          l10n.t('Keeps restarting: crashed {0} times, last by {1}', crash.count, crash.last),
        )
      : crash && issue('crashed', l10n.t('Crashed: {0}', crash.last)),
    asleep?.overslept
      ? issue(
          'overslept',
          l10n.t('Overslept: it should have woken up at {0}', shownMinute(asleep.until, now)),
        )
      : undefined,
    !sleeps && 'error' in state && state.error ? issue('error', state.error.message) : undefined,
    safeMode(details),
    updating(details),
    failedModule(details),
    state.tag === 'disconnected' || sleeps ? undefined : silence(samples, now),
    falling(samples),
    fullFlash(board, samples),
    weakSignal(samples),
    wrongClock(board),
    restartedTasks(samples, now),
    oldAgent(details.agent),
    oldFirmware(board.info),
  ];
  return issues.filter((i) => i !== undefined);
}

/** Returns the words by which `state:` selects the board, besides the word for its state. */
export function marksOf(board: Board, facts: HealthFacts): Mark[] {
  return healthOf(board, facts).map((i) => i.mark);
}

/**
 * Returns the marks that follow from a board's presence at a broker alone, without its events and measurements: for commands
 * that do not listen for long.
 */
export function marksOfPresence({ details = {}, info, asleep }: Found): Mark[] {
  const issues = [
    safeMode(details),
    updating(details),
    failedModule(details),
    oldAgent(details.agent),
    oldFirmware(info),
  ];
  return [
    ...(asleep?.overslept ? (['overslept'] as const) : []),
    ...issues.flatMap((i) => i?.mark ?? []),
  ];
}

function safeMode({ safe }: Details): Issue | undefined {
  if (safe === undefined) return undefined;
  return issue('safe', l10n.t('Safe mode, its program does not run: {0}', safe));
}

function updating({ trial, activity }: Details): Issue | undefined {
  if (trial === undefined && activity !== 'ota') return undefined;
  return issue('updating', l10n.t('An update has not been confirmed yet'));
}

function failedModule({ broken }: Details): Issue | undefined {
  if (broken === undefined) return undefined;
  return issue('module-failed', l10n.t('A module failed: {0}', broken));
}

function issue(mark: Mark, text: string): Issue {
  return { mark, text };
}

/**
 * Returns whether a board that measured itself regularly no longer does, although it counts as
 * present.
 */
function silence(samples: readonly Sample[], now: number): Issue | undefined {
  // Only agents report their uptime; other boards are measured on request.
  const told = samples.filter((s) => s.uptime !== undefined).slice(-10);
  const steps = told.slice(1).map((s, i) => s.at - (told[i]?.at ?? s.at));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)];
  const last = told.at(-1);
  if (usual === undefined || !last) return undefined;
  const silent = now - last.at;
  if (silent < Math.max(SILENT_MS, MISSED * usual)) return undefined;
  return issue(
    'stale',
    l10n.t('No measurement for {0} min', Math.max(1, Math.round(silent / 60_000))),
  );
}

/**
 * Returns an issue if memory is lost over time. Garbage collection makes free memory a sawtooth, so
 * only its peaks count.
 */
function falling(samples: readonly Sample[]): Issue | undefined {
  // After a restart, all memory is free again.
  const start = samples.findLastIndex((s, i) => (s.uptime ?? 0) < (samples[i - 1]?.uptime ?? 0));
  const own = samples
    .slice(Math.max(0, start))
    .flatMap(({ at, memoryFree }) => (memoryFree === undefined ? [] : [{ at, memoryFree }]));
  const [first, last] = [own[0], own.at(-1)];
  if (!first || !last || own.length < FALL_SAMPLES || last.at - first.at < FALL_MS)
    return undefined;
  const third = Math.floor(own.length / 3);
  const peak = (part: typeof own) => Math.max(...part.map((s) => s.memoryFree));
  const [before, middle, after] = [
    peak(own.slice(0, third)),
    peak(own.slice(third, -third)),
    peak(own.slice(-third)),
  ];
  if (after > before * FALLEN || middle > before || after > middle) return undefined;
  return issue(
    'low-memory',
    l10n.t('Free memory falls: from {0} to {1}', bytesText(before), bytesText(after)),
  );
}

function fullFlash({ info }: Board, samples: readonly Sample[]): Issue | undefined {
  const total = info?.flash?.total;
  const free = samples.findLast((s) => s.flashFree !== undefined)?.flashFree ?? info?.flash?.free;
  if (free === undefined || total === undefined || info?.readOnly) return undefined;
  if (free >= Math.min(total / 2, Math.max(FLASH_BYTES, total * FLASH_PART))) return undefined;
  return issue(
    'low-flash',
    l10n.t('Flash is nearly full: {0} of {1} free', bytesText(free), bytesText(total)),
  );
}

function weakSignal(samples: readonly Sample[]): Issue | undefined {
  const last = samples.flatMap((s) => s.signal ?? []).slice(-SIGNAL_SAMPLES);
  const best = Math.max(...last);
  if (last.length < SIGNAL_SAMPLES || best >= WEAK_SIGNAL) return undefined;
  return issue('weak-signal', l10n.t('Weak Wi-Fi signal: {0} dBm', best));
}

/** Counts the tasks that the agent had to restart within the last hour. */
function restartedTasks(samples: readonly Sample[], now: number): Issue | undefined {
  const last = samples.filter((s) => s.taskRestarts !== undefined && now - s.at <= RESTARTS_MS);
  // The board counts since its start.
  const count = last.reduce((sum, { taskRestarts = 0 }, i) => {
    const before = last[i - 1]?.taskRestarts ?? 0;
    return (
      sum +
      (i === 0 ? 0 : Math.max(0, taskRestarts < before ? taskRestarts : taskRestarts - before))
    );
  }, 0);
  if (count === 0) return undefined;
  return issue(
    'task-restarts',
    l10n.t('Tasks were started again within the last hour: {0}', count),
  );
}

function oldAgent(version: string | undefined): Issue | undefined {
  if (version === undefined || !isVersion(version)) return undefined;
  if (compareVersions(version, AGENT_VERSION) >= 0) return undefined;
  return issue('old-agent', l10n.t('Old agent {0}; {1} is current', version, AGENT_VERSION));
}

function oldFirmware(info: Found['info']): Issue | undefined {
  const { implementation, version } = info ?? {};
  if (implementation !== 'micropython' || version === undefined || !isVersion(version)) {
    return undefined;
  }
  if (compareVersions(version, OLDEST_FIRMWARE) >= 0) return undefined;
  return issue('old-firmware', l10n.t('Old firmware: MicroPython {0}', version));
}

function isVersion(text: string): boolean {
  return /^\d+(\.\d+){1,3}/.test(text);
}

function wrongClock({ clock }: Board): Issue | undefined {
  if (!clock || clock.isUtc || Math.abs(clock.offset) <= CLOCK_MS) return undefined;
  return issue('wrong-clock', l10n.t('The clock is wrong: {0}', offsetText(clock.offset)));
}

/** Formats `3 min behind`, `2 days ahead`. `offset`: milliseconds by which a clock is ahead. */
export function offsetText(offset: number): string {
  const seconds = Math.abs(offset) / 1000;
  const [count, unit] =
    seconds < 120
      ? [seconds, l10n.t('s')]
      : seconds < 7200
        ? [seconds / 60, l10n.t('min')]
        : seconds < 172_800
          ? [seconds / 3600, l10n.t('h')]
          : [seconds / 86_400, l10n.t('days')];
  const text = `${Math.round(count)} ${unit}`;
  return offset < 0 ? l10n.t('{0} behind', text) : l10n.t('{0} ahead', text);
}
