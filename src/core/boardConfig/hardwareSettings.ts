import type { JsonSchema } from './jsonSchema';
import { inverse, number, renamed, renameKeys, same, text, type Setting } from './settingKit';

const WATCHDOG_KEYS = { limit: 'limit', confirm: 'allok', outage: 'outage', hardware: 'hw' };
const PIN_KEYS = {
  ...{ activity: 'activity', failure: 'failure', activeLow: 'low' },
  ...{ battery: 'battery', scale: 'scale' },
};

const pin = (description: string): JsonSchema => ({
  description,
  anyOf: [number(0, 255, description), { ...text(16, description), minLength: 1 }],
});

/** Settings of the chip: its watchdog, its pins, its memory. */
export const HARDWARE_SETTINGS: readonly Setting[] = [
  renamed(
    'watchdog',
    'wd',
    {
      type: 'object',
      description: 'when the board restarts automatically',
      properties: {
        limit: number(10, 86_400, 'seconds without an answer of the broker (default: 300)'),
        confirm: number(1, 86_400, 'seconds after which a start counts as good (default: 60)'),
        outage: {
          enum: ['tolerate', 'reboot'],
          description: 'what to do without a broker (default: tolerate)',
        },
        hardware: number(0, 3600, 'seconds of the hardware watchdog; 0: off (default)'),
      },
    },
    {
      restart: true,
      toAgent: (value) => ({ wd: renameKeys(value, WATCHDOG_KEYS) }),
      fromAgent: ({ wd }) => renameKeys(wd, inverse(WATCHDOG_KEYS)) ?? undefined,
    },
  ),
  renamed(
    'pins',
    'hw',
    {
      type: 'object',
      description: 'LEDs and the battery: a number as in Pin(2), or a name as in Pin("LED")',
      properties: {
        activity: pin('LED that blinks with each message and lights while code runs'),
        failure: pin('LED that lights without a broker and after the program has crashed'),
        activeLow: { type: 'boolean', description: 'the LEDs light when their pin is low' },
        battery: pin('analogue pin with the voltage of the battery'),
        scale: number(
          1,
          1_000_000,
          'voltage of the battery in thousandths of that of its pin, such as 2000 behind two equal resistors (default: 1000)',
        ),
      },
    },
    {
      restart: true,
      toAgent: (value) => ({ hw: renameKeys(value, PIN_KEYS) }),
      fromAgent: ({ hw }) => renameKeys(hw, inverse(PIN_KEYS)) ?? undefined,
    },
  ),
  same(
    'heap',
    {
      type: 'object',
      maxProperties: 8,
      additionalProperties: number(0, 2 ** 31 - 1, 'bytes'),
      description:
        'ESP32 only: numbers for the memory namespace "micropython", such as {idf_heap_min: 60000}, by names that its firmware reads',
    },
    { restart: true },
  ),
  renamed(
    'afterRun',
    'after',
    {
      enum: ['keep', 'restart'],
      description:
        'what the board does when a program that a computer ran has ended: keep its state (default), or restart, so that its own program starts again',
    },
    { fromAgent: ({ after }) => after },
  ),
];
