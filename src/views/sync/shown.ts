import type * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { Comparison, SyncPlan } from '../../core/sync';
import type { SyncSource } from './sources';
import { uriAt } from './workspaceFs';

/** A plan that is shown and has not been applied. */
export interface Preview {
  readonly kind: 'preview';
  readonly board: Board;
  readonly source: SyncSource;
  readonly plan: SyncPlan;
  /** Paths of the actions that are ticked. */
  readonly chosen: ReadonlySet<string>;
  /** Bytes that are free on the board; undefined for a pull, and where the board cannot tell. */
  readonly free?: number;
}

/** Returns the number of bytes by which the ticked steps enlarge the board's files. */
export function bytesNeeded({ plan: { actions }, chosen }: Preview): number {
  return actions
    .filter((a) => a.side === 'board' && chosen.has(a.path))
    .reduce((sum, a) => sum + (a.kind === 'delete' ? 0 : a.size) - (a.oldSize ?? 0), 0);
}

/** A comparison that is shown: the left side is a folder or a board, the right side a board. */
export interface Compared {
  readonly kind: 'compared';
  readonly left: { readonly name: string; uriOf(path: string): vscode.Uri };
  readonly right: Board;
  readonly comparison: Comparison;
}

/** Returns the local files that the ticked steps of a preview upload. */
export function originsOf({
  source,
  plan,
  chosen,
}: Preview): { path: string; local: vscode.Uri }[] {
  return plan.actions.flatMap(({ path, local, kind }) => {
    if (kind === 'delete' || local === undefined || !chosen.has(path)) return [];
    // Tracebacks of a compiled file name its source.
    const shown = local.endsWith('.py') ? path.replace(/\.mpy$/, '.py') : path;
    return [{ path: shown, local: uriAt(source.base, local) }];
  });
}
