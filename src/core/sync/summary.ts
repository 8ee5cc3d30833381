import type { SyncResult } from './apply';
import type { SyncPlan } from './model';

/** Summarises a plan in one line: "3 to add, 1 to update, 296 up to date" or "All 300 up to date". */
export function planSummary(plan: SyncPlan): string {
  // Folders count too, as in the list and in the question before they are deleted.
  const of = (kind: string) => plan.actions.filter((a) => a.kind === kind).length;
  const parts = [
    [of('add'), 'to add'],
    [of('update'), 'to update'],
    [of('delete'), 'to delete'],
    [of('rename'), 'to rename'],
    [plan.problems.filter((p) => p.severity === 'error').length, 'left out'],
  ] as const;
  return words(parts, plan.unchanged, plan.actions.length === 0);
}

/** Summarises the result in one line. */
export function resultSummary(result: SyncResult): string {
  const { added, updated, deleted, renamed, left } = result;
  const parts = [
    [added, 'added'],
    [updated, 'updated'],
    [deleted, 'deleted'],
    [renamed, 'renamed'],
    [left, 'not chosen'],
  ] as const;
  return words(parts, result.unchanged, result.paths.length === 0 && left === 0);
}

function words(
  parts: readonly (readonly [number, string])[],
  unchanged: number,
  nothingToDo: boolean,
): string {
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  if (said.length > 0) return [...said, `${unchanged} up to date`].join(', ');
  if (!nothingToDo) return `Only folders change, ${unchanged} up to date`;
  return unchanged === 0 ? 'Nothing to sync' : `All ${unchanged} up to date`;
}
