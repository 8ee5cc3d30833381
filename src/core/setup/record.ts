import * as l10n from '@vscode/l10n';
import { fullPlace } from '../address';
import { isRecord } from '../json';
import { toCsv } from '../csv';
import { asError, ConnectError, FleetError, meansUnplugged } from '../errors';
import { FlashError } from '../flash';
import type { StepName } from './stepNames';

/** The steps that were done on one board. Contains no secrets. */
export interface SetupRecord {
  readonly uid?: string;
  /** Address of the chip as its boot loader reports it, lower-case hex. */
  readonly chip?: string;
  readonly name?: string;
  readonly n?: number;
  /** Version of MicroPython that the board reported. */
  readonly firmware?: string;
  readonly machine?: string;
  /** Steps that are done, in their order. */
  readonly done: readonly StepName[];
  /** The step that failed, and why; undefined if none did. `unplugged`: someone pulled out the cable. */
  readonly failed?: {
    readonly step: StepName;
    readonly reason: string;
    readonly hint?: string;
    readonly unplugged?: boolean;
  };
  /** The board was not seen at its broker; a note says why. */
  readonly unverified?: boolean;
  /** Remarks, such as a step that this board does not support. */
  readonly notes: readonly string[];
  /** UTC, ISO 8601. */
  readonly time: string;
  readonly seconds: number;
}

/** This board was set up before, and was left as it is. */
export class AlreadySetUpError extends FleetError {
  readonly code = 'alreadySetUp';
}

/** Describes the failure of a step for the record. */
export function failureAt(step: StepName, error: unknown): NonNullable<SetupRecord['failed']> {
  // Its port existed when the setup began.
  if (meansUnplugged(error)) {
    return {
      step,
      reason:
        error instanceof ConnectError
          ? l10n.t('The board at {0} was unplugged', fullPlace(error.address))
          : l10n.t('The board was unplugged'),
      hint: l10n.t('Plug it in again. If you did not unplug it, check the cable.'),
      unplugged: true,
    };
  }
  // The hint of this error says what state the chip is in.
  const isLost = error instanceof FlashError && error.reason === 'lost';
  const hint = error instanceof FleetError ? error.hint : undefined;
  return {
    step,
    reason: asError(error).message,
    ...(hint ? { hint } : {}),
    ...(isLost ? { unplugged: true } : {}),
  };
}

/** Limit of records in one file. */
const MAX_RECORDS = 100_000;

/** Parses records from JSON. @throws Error naming what is wrong */
export function parseRecords(text: string): SetupRecord[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || value.length > MAX_RECORDS) throw new Error('it is not a list');
  return value.map((entry: unknown) => {
    if (!isRecord(entry) || !Array.isArray(entry.done) || !Array.isArray(entry.notes)) {
      throw new Error('an entry is not a record of a board');
    }
    return entry as unknown as SetupRecord;
  });
}

/** Replaces the earlier record of the same board, so that each board has one. */
export function withRecord(
  records: readonly SetupRecord[],
  record: SetupRecord,
): readonly SetupRecord[] {
  return [...records.filter((r) => !isSameBoard(r, record)), record];
}

/** Returns whether two records describe the same board. A record of a board that was never identified equals no other. */
export function isSameBoard(
  a: Pick<SetupRecord, 'uid' | 'chip'>,
  b: Pick<SetupRecord, 'uid' | 'chip'>,
): boolean {
  return (a.uid !== undefined && a.uid === b.uid) || (a.chip !== undefined && a.chip === b.chip);
}

/** Formats the list of boards as CSV, one line for each board. */
export function recordsCsv(records: readonly SetupRecord[]): string {
  const head = ['uid', 'name', 'firmware', 'time', 'seconds', 'result', 'step', 'reason', 'notes'];
  const rows = records.map((r) => [
    ...[r.uid ?? r.chip ?? '', r.name ?? '', r.firmware ?? '', r.time, r.seconds.toFixed(1)],
    ...(r.failed ? ['failed', r.failed.step, r.failed.reason] : ['ok', '', '']),
    r.notes.join('; '),
  ]);
  return toCsv([head, ...rows]);
}

/** Describes the result of one board in a sentence. */
export function recordWords(record: SetupRecord): string {
  const who = record.name ?? record.uid ?? record.chip ?? l10n.t('A board');
  if (!record.failed) {
    const done = record.done.filter((step) => step !== 'broker' || !record.unverified);
    return l10n.t('{0} is ready: {1}', who, done.join(', '));
  }
  const { step, reason } = record.failed;
  const before = record.done.length > 0 ? record.done.join(', ') : l10n.t('nothing');
  return l10n.t('{0} failed in "{1}": {2}. Done before: {3}', who, step, reason, before);
}
