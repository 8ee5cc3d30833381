import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import type { FleetAction, StoredAction, UploadFile } from './fleetActions';
import { record } from '../json';

/**
 * Serialises an action to JSON, for jobs that outlive the window.
 * @throws UsageError for actions that cannot be serialised
 */
export function actionToJson(action: FleetAction): unknown {
  if (action.kind === 'work')
    throw new UsageError(l10n.t('{0} cannot be queued for boards that are away', action.title));
  if (action.kind !== 'upload') return action;
  const files = action.files.map((f) => ({
    path: f.path,
    base64: Buffer.from(f.content).toString('base64'),
    ...(f.local !== undefined && { local: f.local }),
  }));
  return { ...action, files };
}

/** Parses the output of {@link actionToJson}. @throws UsageError when it is damaged */
export function actionFromJson(json: unknown): StoredAction {
  const o = record(json);
  const str = (key: string) => {
    const value = o[key];
    if (typeof value !== 'string')
      throw new UsageError(l10n.t('A waiting job is damaged: {0} is missing', key));
    return value;
  };
  switch (o.kind) {
    case 'exec':
      return { kind: 'exec', code: str('code'), label: str('label') };
    case 'read':
      return { kind: 'read', expression: str('expression') };
    case 'reset':
      return { kind: 'reset', mode: o.mode === 'hard' ? 'hard' : 'soft' };
    case 'setClock':
      return { kind: o.kind };
    case 'updateAgent':
      return { kind: o.kind, ...releaseFromJson(o.release) };
    case 'updateFirmware':
      return { kind: o.kind, label: str('label'), file: str('file'), sha256: str('sha256') };
    case 'deployApp':
      return { kind: 'deployApp', title: str('title'), ...appFromJson(o.app) };
    case 'upload':
      return {
        kind: 'upload',
        label: str('label'),
        ...(o.compile === true ? { compile: true } : {}),
        files: filesFromJson(o.files),
        ...foldersFromJson(o.emptyFolders),
      };
    default:
      throw new UsageError(l10n.t('A waiting job is damaged: its kind is unknown'));
  }
}

function appFromJson(json: unknown): { app?: { folder: string; ref: string } } {
  if (json === undefined) return {};
  const { folder, ref } = (json ?? {}) as { folder?: unknown; ref?: unknown };
  if (typeof folder === 'string' && typeof ref === 'string') return { app: { folder, ref } };
  throw new UsageError(l10n.t('A waiting job is damaged: {0} is missing', 'app'));
}

function releaseFromJson(json: unknown): { release?: { url: string; sha256: string } } {
  if (json === undefined) return {};
  const { url, sha256 } = (json ?? {}) as { url?: unknown; sha256?: unknown };
  if (typeof url === 'string' && typeof sha256 === 'string') return { release: { url, sha256 } };
  throw new UsageError(l10n.t('A waiting job is damaged: {0} is missing', 'release'));
}

function filesFromJson(json: unknown): UploadFile[] {
  if (!Array.isArray(json))
    throw new UsageError(l10n.t('A waiting job is damaged: files are missing'));
  return json.map((entry: { path?: unknown; base64?: unknown; local?: unknown }) => {
    if (typeof entry.path !== 'string' || typeof entry.base64 !== 'string') {
      throw new UsageError(l10n.t('A waiting job is damaged: a file is missing'));
    }
    const content = new Uint8Array(Buffer.from(entry.base64, 'base64'));
    const { path, local } = entry;
    return { path, content, ...(typeof local === 'string' && { local }) };
  });
}

function foldersFromJson(json: unknown): { emptyFolders?: string[] } {
  if (!Array.isArray(json) || json.length === 0) return {};
  return { emptyFolders: json.filter((path) => typeof path === 'string') };
}
