import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { compareReleases, MOST_FIRMWARE_BYTES, versionIn } from '../flash';
import type { NewFirmware, SignedFirmware } from '../many';
import { sha256 } from '../hash';
import {
  HEX_64,
  isManifest,
  lastPart,
  loadPinned,
  type LoadUrl,
  readManifest,
  type SignedManifest,
  signedFile,
} from './signedManifest';

/** Firmware for updates over the air, checked and loaded. */
export interface LoadedFirmware extends NewFirmware {
  /** Name of the image for messages. */
  readonly label: string;
  /** URL of the image or its manifest, and the SHA-256 of that file: a waiting job loads the same firmware again. */
  readonly file: string;
  readonly sha256: string;
}

const KIND = 'mpyfleet-firmware';
const FILE_NAME = /^\w[\w.+-]{0,99}$/;
const MOST_NAME = 64;

/**
 * Loads firmware: an image, or a signed manifest with
 * `{"kind": "mpyfleet-firmware", "board": NAME, "version": V, "file": NAME, "sha256": HASH}`, where `board` is the name of the
 * board in `sys.implementation._machine`, with or without the name of its chip. Everything is checked before a board is touched.
 * @param from URL of the image or the manifest
 * @param pinned SHA-256 that the file at `from` must have
 * @throws UsageError if a manifest is not signed by a trusted key, or if the image is not the one that was signed; what `load` throws
 */
export async function loadFirmwareUpdate(
  from: string,
  load: LoadUrl,
  trusted: readonly string[],
  pinned?: string,
): Promise<LoadedFirmware> {
  const file = await loadPinned(from, load, MOST_FIRMWARE_BYTES, pinned);
  const name = lastPart(from);
  const chosen = { file: from, sha256: sha256(file) };
  if (!isManifest(file)) return { ...chosen, image: file, label: name };
  const manifest = readManifest(file, trusted);
  if (!manifest) throw invalid();
  const { signed, image } = await signedImage(manifest, from, load);
  return { ...chosen, image, signed, label: `${signed.board} ${signed.version}` };
}

/**
 * Checks that firmware is signed by a trusted key, if the user has such keys.
 * @throws UsageError
 */
export function checkSigned(
  { signed, label }: Pick<LoadedFirmware, 'signed' | 'label'>,
  trusted: readonly string[],
): void {
  if (signed || trusted.length === 0) return;
  throw new UsageError(l10n.t('{0} is not signed by a key that you trust', label), {
    hint: l10n.t('Nothing was changed. Choose its signed manifest instead.'),
  });
}

async function signedImage(
  manifest: SignedManifest,
  from: string,
  load: LoadUrl,
): Promise<{ signed: SignedFirmware; image: Uint8Array }> {
  const { kind, board, version, file: name, sha256: hash } = manifest.content;
  if (kind !== KIND || typeof board !== 'string' || typeof version !== 'string') throw invalid();
  if (typeof name !== 'string' || !FILE_NAME.test(name)) throw invalid();
  if (typeof hash !== 'string' || !HEX_64.test(hash)) throw invalid();
  if (board.trim() === '' || board.length > MOST_NAME || !/^[\x20-\x7e]+$/.test(board)) {
    throw invalid();
  }
  if (compareReleases(version, version) === undefined) throw invalid();
  const place = { from, name, hash, maxBytes: MOST_FIRMWARE_BYTES };
  const image = await signedFile(manifest, place, load);
  const says = versionIn(image);
  if (says !== undefined && (compareReleases(says, version) ?? 0) !== 0) {
    throw new UsageError(
      l10n.t('The image is MicroPython {0}, but its manifest says {1}', says, version),
      { hint: l10n.t('Nothing was changed. Ask the publisher for another release.') },
    );
  }
  return { signed: { board, version: version.replace(/^v/, '') }, image };
}

function invalid(): UsageError {
  return new UsageError(l10n.t('This is not a release of firmware'), {
    hint: l10n.t('Name an image for updates (.app-bin), or its signed manifest.'),
  });
}
