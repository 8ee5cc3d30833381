import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import type { AgentSource } from '../agent';
import type { NewAgent } from '../many';
import { sha256 } from '../hash';
import {
  HEX_64,
  loadPinned,
  type LoadUrl,
  MOST_MANIFEST_BYTES,
  readManifest,
  signedFile,
} from './signedManifest';

/** A signed release of the agent, checked and loaded. */
export interface LoadedAgent extends NewAgent {
  /** URL of its manifest, and the manifest's SHA-256: a waiting job loads the same release again. */
  readonly release: { readonly url: string; readonly sha256: string };
}

/** Longest file of an agent in bytes; the largest one has 20 kB. */
const MOST_FILE_BYTES = 256 * 1024;
const MOST_FILES = 100;
const KIND = 'mpyfleet-agent';
const SHIM = 'shim.py';
const FOLDER = 'copy/';
const FILE_NAME = /^(?:shim\.py|copy\/[a-z_]\w{0,40}\.mpy)$/;
const VERSION = /^\d{1,4}(\.\d{1,4}){2}$/;

/**
 * Loads a release of the agent: a manifest with `{"kind": "mpyfleet-agent", "version": V, "files": {NAME: SHA-256}}`, where NAME
 * is `shim.py` or `copy/main.mpy`. Everything is checked before a board is touched.
 * @param from URL of the manifest
 * @param pinned SHA-256 that the manifest must have
 * @throws UsageError without a trusted key's signature, or if a file is not the one that was signed; what `load` throws
 */
export async function loadAgentRelease(
  from: string,
  load: LoadUrl,
  trusted: readonly string[],
  pinned?: string,
): Promise<LoadedAgent> {
  const file = await loadPinned(from, load, MOST_MANIFEST_BYTES, pinned);
  const manifest = readManifest(file, trusted);
  if (!manifest) throw invalid();
  const { version, files } = contentOf(manifest.content);
  const copy = new Map<string, Uint8Array>();
  let shim: Uint8Array | undefined;
  for (const [name, hash] of files) {
    const data = await signedFile(manifest, { from, name, hash, maxBytes: MOST_FILE_BYTES }, load);
    if (name === SHIM) shim = data;
    else copy.set(name.slice(FOLDER.length), data);
  }
  if (!shim || copy.size === 0) throw invalid();
  const source: AgentSource = { shim, copy };
  return {
    version,
    release: { url: from, sha256: sha256(file) },
    sourceOf: (compiled) =>
      compiled ? Promise.resolve(source) : Promise.reject(compiledOnly(version)),
  };
}

function contentOf({ kind, version, files }: Readonly<Record<string, unknown>>): {
  version: string;
  files: ReadonlyMap<string, string>;
} {
  if (kind !== KIND || typeof version !== 'string' || !VERSION.test(version)) throw invalid();
  if (typeof files !== 'object' || files === null) throw invalid();
  const entries = Object.entries(files as Record<string, unknown>);
  if (entries.length > MOST_FILES) throw invalid();
  const hashes = entries.map(([name, hash]): [string, string] => {
    if (!FILE_NAME.test(name) || typeof hash !== 'string' || !HEX_64.test(hash)) throw invalid();
    return [name, hash];
  });
  return { version, files: new Map(hashes) };
}

function compiledOnly(version: string): UsageError {
  return new UsageError(l10n.t('This MicroPython is too old for agent {0}', version), {
    hint: l10n.t('The release is compiled. Flash MicroPython 1.19 or later.'),
  });
}

function invalid(): UsageError {
  return new UsageError(l10n.t('This is not a release of the agent'), {
    hint: l10n.t('Name the file of the signed manifest, agent.json.'),
  });
}
