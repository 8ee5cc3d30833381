import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { fileText } from '../../core/bytes';
import { parseFirmware, type Firmware } from '../../core/flash';
import {
  NameRange,
  PARTS,
  parseTemplate,
  withParts,
  type Part,
  type SetupTemplate,
} from '../../core/setup';
import type { Needs } from '../../views/context';
import { showInputBox } from '../../views/message';
import { askBroker } from '../agent';
import { askFirmware, type Chosen } from '../flash';
import { problemOf } from '../problemOf';
import { askParts } from './parts';
import type { Call } from '../types';

/** The services that most functions here use. */
type Services = Needs<
  'log' | 'settings' | 'fleet' | 'brokers' | 'flashPort' | 'newest' | 'packages'
>;

/** The user's answers in the wizard, which can be reused for the next board. */
export interface SetupPlan {
  readonly template: SetupTemplate;
  /** Folder of the template's files. */
  readonly base: string;
  /** The file of the template. */
  readonly file?: string;
  readonly names: NameRange;
  /** Firmware that the user chose in the wizard. */
  readonly firmware?: Firmware;
  /** Without a template, the wizard asks for the Wi-Fi network as soon as the board can scan. */
  readonly asksWifi: boolean;
}

/** Templates that the question lists. */
const MOST_TEMPLATES = 50;
const TEMPLATES = '**/*.board-template.{yaml,yml}';
const RANGE = 'board-[1-99]';

/** Asks for a template of the workspace, or for each step. Undefined: cancelled. @throws UsageError for a bad template */
export async function askSetup(
  context: Services,
  chosen: Chosen,
  call: Call,
): Promise<SetupPlan | undefined> {
  const { workspace } = vscode;
  const files = await findTemplates();
  if (files.length === 0) return askSteps(context, chosen, call);
  const byHand = {
    label: vscode.l10n.t('$(list-ordered) Choose the steps now'),
    detail: vscode.l10n.t('Firmware, name, Wi-Fi and broker, files'),
    file: undefined,
  };
  const items = files.map((file) => ({
    label: `$(file) ${workspace.asRelativePath(file)}`,
    detail: vscode.l10n.t('Follow this board template'),
    file,
  }));
  const picked = await vscode.window.showQuickPick([...items, byHand], {
    title: vscode.l10n.t('How should the board be set up?'),
    ignoreFocusOut: true,
  });
  if (!picked) return undefined;
  if (!picked.file) return askSteps(context, chosen, call);
  const template = await readTemplate(picked.file);
  const all = PARTS.filter((part) => template[part] !== undefined);
  const parts = await askParts(all, all);
  if (!parts) return undefined;
  return {
    template: withParts(template, parts),
    base: dirname(picked.file.fsPath),
    file: picked.file.fsPath,
    names: namesFrom(context, template.name),
    asksWifi: false,
  };
}

/** Returns the board templates of the workspace. */
export async function findTemplates(): Promise<vscode.Uri[]> {
  return vscode.workspace.findFiles(TEMPLATES, '**/node_modules/**', MOST_TEMPLATES);
}

/** Reads a template. @throws UsageError for a template that cannot be used */
export async function readTemplate(file: vscode.Uri): Promise<SetupTemplate> {
  const content = fileText(await vscode.workspace.fs.readFile(file));
  return parseTemplate(content, vscode.workspace.asRelativePath(file));
}

/** Reserves `others` and the names of boards in the fleet. */
export function namesFrom(
  { fleet }: Needs<'fleet'>,
  pattern = '',
  others: readonly string[] = [],
): NameRange {
  return new NameRange(pattern, [...fleet.boards.map((b) => b.name), ...others]);
}

async function askSteps(
  context: Services,
  chosen: Chosen,
  call: Call,
): Promise<SetupPlan | undefined> {
  // A board at its prompt runs MicroPython, even if it has not been identified yet.
  const { info, state } = chosen.board ?? {};
  const isBlank = info?.implementation === undefined && state?.tag !== 'idle';
  const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0;
  const parts = await askParts(PARTS, [
    ...(isBlank ? (['firmware'] as const) : []),
    'name',
    'broker',
    ...(hasFolder ? FILES : []),
  ]);
  if (!parts) return undefined;
  const has = (part: Part) => parts.includes(part);
  const data = has('firmware') ? await askFirmware(context, chosen, call) : undefined;
  if (has('firmware') && !data) return undefined;
  const firmware = data && parseFirmware(data);
  const name = has('name') ? await askName(context) : undefined;
  if (has('name') && name === undefined) return undefined;
  const broker = has('broker') ? await askBroker(context, [], call.signal) : undefined;
  if (has('broker') && !broker) return undefined;
  const files = has('files')
    ? await askFolder(vscode.l10n.t('Which folder should be copied to the board?'))
    : undefined;
  if (has('files') && files === undefined) return undefined;
  const app = has('app')
    ? await askFolder(vscode.l10n.t('Which folder is the app? It contains app.json.'))
    : undefined;
  if (has('app') && app === undefined) return undefined;
  return {
    template: {
      ...(firmware ? { firmware: { use: '' } } : {}),
      ...(name === undefined ? {} : { name }),
      ...(broker ? { broker: { id: broker.profile.id }, wifi: [] } : {}),
      ...(files === undefined ? {} : { files: [{ from: '.', to: '/' }] }),
      ...(app === undefined ? {} : { app }),
      ...(has('stubs') ? { stubs: true } : {}),
    },
    base: files ?? '',
    names: namesFrom(context, name),
    ...(firmware ? { firmware } : {}),
    asksWifi: true,
  };
}

const FILES = ['files'] as const;

async function askName(context: Needs<'fleet'>): Promise<string | undefined> {
  const name = await showInputBox({
    title: vscode.l10n.t('Name of the board'),
    prompt: vscode.l10n.t('A range such as sensor-[01-30] gives the next free name.'),
    value: RANGE,
    validateInput: (text) => {
      if (text.trim() === '') return vscode.l10n.t('A name needs at least one character.');
      return problemOf(() => namesFrom(context, text.trim()).next());
    },
  });
  return name?.trim();
}

/** Asks for a local folder. Undefined: cancelled. */
async function askFolder(title: string): Promise<string | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const other = { label: vscode.l10n.t('Choose a folder…'), path: undefined };
  const items = [
    ...folders.map(({ name, uri }) => ({ label: name, description: uri.fsPath, path: uri.fsPath })),
    other,
  ];
  const picked = await vscode.window.showQuickPick(items, { title, ignoreFocusOut: true });
  if (!picked || picked.path !== undefined) return picked?.path;
  const chosen = await vscode.window.showOpenDialog({
    title,
    canSelectFolders: true,
    canSelectFiles: false,
  });
  return chosen?.[0]?.fsPath;
}
