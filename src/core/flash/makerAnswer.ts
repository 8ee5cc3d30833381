import * as l10n from '@vscode/l10n';
import { FlashError } from './errors';
import {
  alifSteps,
  arduinoDfu,
  bossaSteps,
  copyHex,
  copyUf2,
  espSteps,
  holdBootsel,
  installDfuUtil,
  jLinkSteps,
  mimxrtSteps,
  pressResetTwice,
  psoc6Steps,
  psocEdgeSteps,
  renesasSteps,
  stm32Steps,
  teensySteps,
  wipySteps,
  xplainedSteps,
  zephyrSteps,
} from './makerSteps';

/** How firmware gets on a board of MicroPython's catalogue. */
export interface MakerAnswer {
  /** Kinds of files that are written from here, by the ending of their names. Empty: the steps are done by hand. */
  readonly written: readonly string[];
  /** What to do by hand, in order; for files that are written from here, what to do if that is not possible. */
  readonly steps: readonly string[];
  /** The board's page, with its files and the maker's own words. */
  readonly page: string;
}

interface Way {
  readonly written: readonly string[];
  readonly steps: (id: string) => string[];
}

/** Every port of MicroPython with boards that can be downloaded, and those whose boards are built by their users. */
const PORTS: Readonly<Record<string, Way>> = {
  esp32: { written: ['bin', 'uf2'], steps: espSteps },
  esp8266: { written: ['bin'], steps: espSteps },
  rp2: { written: ['uf2'], steps: () => [holdBootsel(), copyUf2()] },
  samd: { written: ['uf2'], steps: () => [pressResetTwice(), copyUf2()] },
  nrf: { written: ['uf2'], steps: jLinkSteps },
  mimxrt: { written: ['uf2', 'hex'], steps: mimxrtSteps },
  stm32: { written: ['dfu'], steps: stm32Steps },
  'renesas-ra': { written: [], steps: renesasSteps },
  cc3200: { written: [], steps: wipySteps },
  alif: { written: [], steps: alifSteps },
  psoc6: { written: [], steps: psoc6Steps },
  'psoc-edge': { written: [], steps: psocEdgeSteps },
  zephyr: { written: [], steps: zephyrSteps },
};

/** Boards that differ from others of their port. */
const BOARDS: readonly { readonly id: RegExp; readonly port: string; readonly way: Way }[] = [
  { id: /^TEENSY/, port: 'mimxrt', way: { written: [], steps: teensySteps } },
  {
    id: /^ARDUINO_PORTENTA_C33$/,
    port: 'renesas-ra',
    way: { written: [], steps: () => arduinoDfu('2341:0368', 'bin -Q') },
  },
  {
    id: /^ARDUINO_OPTA$/,
    port: 'stm32',
    way: { written: ['dfu'], steps: () => [installDfuUtil(), ...arduinoDfu('2341:0364', 'dfu')] },
  },
  {
    id: /^ARDUINO_(GIGA|NICLA_VISION|PORTENTA_H7)$/,
    port: 'stm32',
    way: { written: ['dfu'], steps: () => [installDfuUtil(), ...arduinoDfu('2341:035b', 'dfu')] },
  },
  { id: /^ARDUINO_NANO_33_BLE/, port: 'nrf', way: { written: [], steps: bossaSteps } },
  { id: /^MICROBIT/, port: 'nrf', way: { written: ['hex'], steps: () => [copyHex()] } },
  { id: /^SAMD21_XPLAINED_PRO$/, port: 'samd', way: { written: ['uf2'], steps: xplainedSteps } },
];

/** Ids of boards whose port follows from their name, for pages that do not name the port. */
const PORT_OF_NAME: readonly (readonly [RegExp, string])[] = [
  [/^(EK_RA|RA\dM|VK_RA)/, 'renesas-ra'],
  [/^WIPY/, 'cc3200'],
  [/^(ALIF_|OPENMV_AE3)/, 'alif'],
  [/^CY8C/, 'psoc6'],
  [/^KIT_PSE/, 'psoc-edge'],
];

/**
 * Returns how firmware gets on a board.
 * @param port MicroPython's name of the port, if the source of the firmware says it
 * @returns undefined if the port is not known: the firmware's file then shows its kind
 */
export function makerAnswer(
  id: string,
  port: string | undefined,
  page: string,
): MakerAnswer | undefined {
  const name = id.toUpperCase();
  const special = BOARDS.find(
    (board) => board.id.test(name) && (port ?? board.port) === board.port,
  );
  const way = special?.way ?? wayOf(port ?? PORT_OF_NAME.find(([names]) => names.test(name))?.[1]);
  return way && { written: way.written, steps: way.steps(id), page };
}

/** Returns the steps with their numbers and the page, one a line. */
export function stepsText({ steps, page }: MakerAnswer): string {
  return [numbered(steps), l10n.t("The board's page: {0}", page)].join('\n');
}

/** Puts the number before each step, one step a line. */
export function numbered(steps: readonly string[]): string {
  return steps.map((step, at) => `${at + 1}. ${step}`).join('\n');
}

/** Returns the error for firmware that only the maker's tool can write. */
export function byHand(name: string, answer: MakerAnswer): FlashError {
  return new FlashError('byHand', l10n.t("{0} is flashed with its maker's tool", name), {
    hint: stepsText(answer),
  });
}

function wayOf(port: string | undefined): Way | undefined {
  return port !== undefined && Object.hasOwn(PORTS, port) ? PORTS[port] : undefined;
}
