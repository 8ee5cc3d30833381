/** An Espressif chip, with its names in images and in the loader. */
export interface EspChip {
  /** Name, spelled as in esptool. */
  readonly name: string;
  /** `chip_id` of an image's extended header; the ESP8266's images have none. */
  readonly imageId: number | undefined;
  /** Address of the second-stage loader in flash, in bytes. */
  readonly bootOffset: number;
}

/** Source: IMAGE_CHIP_ID and BOOTLOADER_FLASH_OFFSET of Espressif's esptool, by chip. */
export const ESP_CHIPS: readonly EspChip[] = [
  { name: 'ESP8266', imageId: undefined, bootOffset: 0 },
  { name: 'ESP32', imageId: 0, bootOffset: 0x1000 },
  { name: 'ESP32-S2', imageId: 2, bootOffset: 0x1000 },
  { name: 'ESP32-C3', imageId: 5, bootOffset: 0 },
  { name: 'ESP32-S3', imageId: 9, bootOffset: 0 },
  { name: 'ESP32-C2', imageId: 12, bootOffset: 0 },
  { name: 'ESP32-C6', imageId: 13, bootOffset: 0 },
  { name: 'ESP32-H2', imageId: 16, bootOffset: 0 },
  { name: 'ESP32-P4', imageId: 18, bootOffset: 0x2000 },
  { name: 'ESP32-C61', imageId: 20, bootOffset: 0 },
  { name: 'ESP32-C5', imageId: 23, bootOffset: 0x2000 },
  { name: 'ESP32-H4', imageId: 28, bootOffset: 0x2000 },
];

/** Returns the chip with this id in the header of firmware images. */
export function espChipOfImage(imageId: number): EspChip | undefined {
  return ESP_CHIPS.find((chip) => chip.imageId === imageId);
}

/** Returns the chip by any spelling: `ESP32-S3`, `esp32s3`. */
export function espChipNamed(name: string): EspChip | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_ ]/g, '');
  return ESP_CHIPS.find((chip) => plain(chip.name) === plain(name));
}

/** Parses `4MB` as bytes. */
export function flashBytes(size: string | undefined): number | undefined {
  const match = /^(\d+)(KB|MB)$/.exec(size ?? '');
  return match ? Number(match[1]) * (match[2] === 'MB' ? 1024 * 1024 : 1024) : undefined;
}
