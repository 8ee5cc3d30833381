import * as vscode from 'vscode';
import { KeptScripts } from '../../core/apps';
import { text, withoutBom } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { findMacro, type Macro, parseMacros } from '../../core/macros';
import { confinedFs } from '../../core/sync';
import type { Needs } from '../../views/context';
import { workspaceFs } from '../../views/sync';
import { boardsOf, chooseBoards } from '../targets';
import { startJob } from '../fleet';
import type { Call, Command } from '../types';

/** Runs code that the user has named in the setting `mpyFleet.macros`. */
export const macroCommands: readonly Command[] = [
  { id: 'runMacro', needs: 'nothing', run: runMacro },
];

/** Accepts rows of the tree or, from a keybinding, `{"macro": "Blink", "boards": "tag:lab"}`. */
async function runMacro(
  context: Needs<
    'settings' | 'fleet' | 'active' | 'focus' | 'uris' | 'fileChanges' | 'runs' | 'many'
  >,
  { args, signal }: Call,
): Promise<void> {
  const given = args.find(isRequest);
  const macros = parseMacros(context.settings.get('macros'));
  const macro = given ? findMacro(macros, given.macro) : await choose(macros);
  if (!macro) return;
  const named = boardsOf(context, given ? [given.boards ?? []] : args);
  const boards = named.length > 0 ? named : await chooseBoards(context, macro.name);
  const [only] = boards ?? [];
  if (!boards || !only) return;
  const { code, uri } = await codeOf(macro);
  const source = uri && { uri, line: 0 };
  if (boards.length === 1) {
    try {
      const run = { board: only, code, name: macro.name };
      await context.runs.run(source ? { ...run, source } : run, signal);
    } finally {
      context.fileChanges.changed(only, '/');
    }
    return;
  }
  const action = { kind: 'exec', code, label: macro.name } as const;
  const link = uri && { source: { uri: uri.toString(), line: 0 } };
  await startJob(context, { ...action, ...link }, boards, signal);
}

interface Request {
  readonly macro: string;
  readonly boards?: string;
}

function isRequest(arg: unknown): arg is Request {
  const { macro, boards } = (arg ?? {}) as { macro?: unknown; boards?: unknown };
  return typeof macro === 'string' && (boards === undefined || typeof boards === 'string');
}

async function choose(macros: readonly Macro[]): Promise<Macro | undefined> {
  if (macros.length === 0) {
    throw new UsageError(vscode.l10n.t('No macros are set'), {
      hint: vscode.l10n.t('Add them to the setting mpyFleet.macros: a name and its code.'),
      next: {
        title: vscode.l10n.t('Open Settings'),
        command: 'workbench.action.openSettings',
        args: ['mpyFleet.macros'],
      },
    });
  }
  const items = macros.map((macro) => ({ label: macro.name, detail: words(macro), macro }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Run which macro?'),
    matchOnDetail: true,
  });
  return picked?.macro;
}

function words({ from }: Macro): string {
  if ('file' in from) return from.file;
  return 'kept' in from ? from.kept : (from.code.trim().split('\n')[0] ?? '');
}

async function codeOf({ from }: Macro): Promise<{ code: string; uri?: vscode.Uri }> {
  if ('code' in from) return { code: from.code };
  if ('kept' in from) {
    const kept = new KeptScripts(process.env);
    const code = text(withoutBom(await kept.read(from.kept)));
    return { code, uri: vscode.Uri.file(kept.path(from.kept)) };
  }
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    // A link may lead out of a folder that came with a repository.
    const files = confinedFs(workspaceFs(uri), uri.path, () => false);
    const file = vscode.Uri.joinPath(uri, from.file);
    if ((await files.stat(file.path))?.type !== 'file') continue;
    return { code: text(withoutBom(await files.read(file.path))), uri: file };
  }
  throw new UsageError(vscode.l10n.t('{0} is not in the open folder', from.file));
}
