import * as l10n from '@vscode/l10n';
import { text } from '../bytes';
import { FlashError } from './errors';

/** Firmware in Intel's hexadecimal lines, for a debug probe that shows itself as a drive. */
export interface HexFirmware {
  readonly kind: 'hex';
  readonly data: Uint8Array;
}

/** Returns whether the file looks like one; {@link parseHex} checks it. */
export function isHex(data: Uint8Array): boolean {
  return data[0] === 0x3a && /^:[0-9A-Fa-f]{10,}\r?\n/.test(text(data.subarray(0, 600)));
}

/**
 * Checks each line's checksum and that the last one is the end of file record.
 * @throws FlashError ('file')
 */
export function parseHex(data: Uint8Array): HexFirmware {
  let ended = false;
  for (const line of text(data).split(/\r?\n/)) {
    if (line === '') continue;
    const bytes = Buffer.from(line.slice(1), 'hex');
    const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
    const whole =
      line.startsWith(':') &&
      bytes.length * 2 === line.length - 1 &&
      bytes.length === (bytes[0] ?? 0) + 5 &&
      sum === 0;
    if (!whole || ended) throw damaged();
    ended = bytes[3] === 1;
  }
  if (!ended) throw damaged();
  return { kind: 'hex', data };
}

function damaged(): FlashError {
  return new FlashError('file', l10n.t('This .hex file is damaged or incomplete'), {
    hint: l10n.t('Download it again.'),
  });
}
