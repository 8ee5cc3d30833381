/**
 * What a board and its link support for transfers. Probed once per connection in one round trip.
 */
export interface Capabilities {
  /** Running code can receive input, and the board can wait for it with a time limit. */
  readonly stdin: boolean;
  /** deflate.DeflateIO and io.BytesIO. */
  readonly deflate: boolean;
  readonly sha256: boolean;
  /** binascii with crc32 (base64 is older). */
  readonly binascii: boolean;
  /** The firmware's modules have names that no file on the board can shadow. */
  readonly firmwareNames: boolean;
  /** Code may be of any bytes. */
  readonly eightBit: boolean;
  readonly ilistdir: boolean;
  readonly stat: boolean;
  readonly statvfs: boolean;
  readonly rename: boolean;
  /** Free heap in bytes after a garbage collection; 0: unknown. */
  readonly heap: number;
  /** Seconds from 1970 to the epoch of the board's clock; undefined: no clock. */
  readonly epoch: number | undefined;
  /** Methods of writing or sending code that turned out to need more memory than the board has. */
  readonly tooLarge: Set<'stream' | 'store' | 'packed'>;
}
