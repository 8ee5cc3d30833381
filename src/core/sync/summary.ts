import * as l10n from '@vscode/l10n';
import type { SyncResult } from './apply';
import type { SyncPlan } from './model';

/** Summarises a plan in one line: "3 to add, 1 to update, 296 up to date" or "All 300 up to date". */
export function planSummary(plan: SyncPlan): string {
  // Folders count too, as in the list and in the question before they are deleted.
  const of = (kind: string) => plan.actions.filter((a) => a.kind === kind).length;
  const problems = plan.problems.filter((p) => p.severity === 'error').length;
  const parts = [
    counted(of('add'), (n) => l10n.t('{0} to add', n)),
    counted(of('update'), (n) => l10n.t('{0} to update', n)),
    counted(of('delete'), (n) => l10n.t('{0} to delete', n)),
    counted(of('rename'), (n) => l10n.t('{0} to rename', n)),
    counted(problems, (n) => l10n.t('{0} left out', n)),
  ];
  return joined(parts, plan.unchanged, plan.actions.length === 0);
}

/** Summarises the result in one line. */
export function resultSummary(result: SyncResult): string {
  const { added, updated, deleted, renamed, left } = result;
  const parts = [
    counted(added, (n) => l10n.t('{0} added', n)),
    counted(updated, (n) => l10n.t('{0} updated', n)),
    counted(deleted, (n) => l10n.t('{0} deleted', n)),
    counted(renamed, (n) => l10n.t('{0} renamed', n)),
    counted(left, (n) => l10n.t('{0} not chosen', n)),
  ];
  return joined(parts, result.unchanged, result.paths.length === 0 && left === 0);
}

function counted(n: number, text: (n: number) => string): string | undefined {
  return n > 0 ? text(n) : undefined;
}

function joined(
  parts: readonly (string | undefined)[],
  unchanged: number,
  nothingToDo: boolean,
): string {
  const said = parts.filter((part) => part !== undefined);
  if (said.length > 0) return [...said, l10n.t('{0} up to date', unchanged)].join(', ');
  if (!nothingToDo) return l10n.t('Only folders change, {0} up to date', unchanged);
  return unchanged === 0 ? l10n.t('Nothing to sync') : l10n.t('All {0} up to date', unchanged);
}
