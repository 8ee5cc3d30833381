/** A board for which there is firmware. */
export interface CatalogueBoard {
  /** As in the names of its files: `ESP32_GENERIC_S3`. */
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly source: string;
}

/** One firmware file. */
export interface CatalogueFile {
  readonly board: string;
  /** `SPIRAM`, `FLASH_4M` and the like; '' for the usual build. */
  readonly variant: string;
  /** `v1.25.0`, with a suffix for a preview. */
  readonly version: string;
  readonly preview: boolean;
  /** `2025-04-15`, if the name contains the date. */
  readonly date: string | undefined;
  readonly url: string;
  /** Lower-case hex, if the source provides it. */
  readonly sha256: string | undefined;
}
