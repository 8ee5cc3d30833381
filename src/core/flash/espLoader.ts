import * as l10n from '@vscode/l10n';
import { ESPLoader, Transport } from 'esptool-js';
import { abortable, delay, systemClock } from '../async';
import { asError, ConnectError, ConnectionLostError } from '../errors';
import type { Log } from '../log';
import { FlashError } from './errors';
import { espChipNamed, flashBytes, type EspChip } from './espChips';
import { locked, whyNoLoader } from './espErrors';
import { EspPort } from './espPort';
import type { FlashPort } from './port';

/** The chip at the port. */
export interface EspIdentity {
  readonly chip: EspChip;
  /** With package and revision: `ESP32-S3 (QFN56) (revision v0.2)`. */
  readonly description: string;
  /** Major times 100 plus minor; undefined on the ESP8266. */
  readonly revision: number | undefined;
  /** Twelve hex digits; MicroPython's `machine.unique_id()` of ESP32s. */
  readonly mac: string;
  /** Bytes of flash; undefined if the flash does not report it. */
  readonly flashSize: number | undefined;
}

const ROM_BAUD = 115_200;
const RESET_MS = 120; // the capacitor at EN holds a few milliseconds
/** Attempts to reach the loader: two ways of resetting, twice each. Without control lines only a chip that is already in its loader answers. */
const ATTEMPTS = 4;
const ATTEMPTS_WITHOUT_LINES = 2;
/** Espressif's USB peripherals transfer bytes at USB speed, at any baud rate. */
const ESPRESSIF = '303a';
const PROBE_MS = 500;

/** Commands of the loader that flashing uses beyond what esptool-js wraps. */
export const COMMAND = {
  flashBegin: 0x02,
  deflateBegin: 0x10,
  deflateData: 0x11,
  deflateEnd: 0x12,
  changeBaud: 0x0f,
  md5: 0x13,
  eraseChip: 0xd0,
  eraseRegion: 0xd1,
} as const;

/** A chip in its serial loader, with the stub of esptool running where that starts. */
export class EspSession {
  readonly #esp: EspPort;
  readonly #loader: ESPLoader;
  #baud = ROM_BAUD;
  #isOpen = false;

  constructor(
    private readonly port: FlashPort,
    private readonly log: Log,
    private readonly signal: AbortSignal,
  ) {
    this.#esp = new EspPort(port, log);
    const transport = new Transport(this.#esp, false);
    transport.trace = (message: string) => log.trace(message); // its own messages to the console
    const line = (message: string) => log.debug(`esptool: ${message.trim()}`);
    this.#loader = new ESPLoader({
      transport,
      baudrate: ROM_BAUD,
      romBaudrate: ROM_BAUD,
      terminal: { clean: () => undefined, writeLine: line, write: line },
    });
  }

  /** Present speed in baud. */
  get baud(): number {
    return this.#baud;
  }

  get isStub(): boolean {
    return this.#loader.IS_STUB;
  }

  /** Bytes of one block: the buffer size of the stub or the ROM. */
  get blockSize(): number {
    return this.isStub ? this.#loader.FLASH_WRITE_SIZE : 0x400;
  }

  /** Whether DTR and RTS reset this chip. */
  get hasLines(): boolean {
    return this.#esp.hasLines;
  }

  /** The chip's latest output, as text. */
  get heard(): string {
    return this.#esp.heard;
  }

  /** Brings the chip into its loader and starts the stub. @throws ConnectError, FlashError, CancelledError */
  async connect(): Promise<void> {
    if (this.#isOpen) {
      // Without reset lines the chip cannot return to its ROM, so the loader continues as it is or fails.
      if (!this.hasLines && this.isStub && (await this.answers())) return;
      await this.#disconnect();
    }
    this.#esp.forgetHeard();
    this.#loader.IS_STUB = false;
    this.#baud = ROM_BAUD;
    this.#isOpen = true;
    try {
      await this.#guard(this.#enterLoader());
    } catch (error) {
      if (error instanceof FlashError) throw error;
      if (await this.#esp.wasUnplugged()) throw this.#unplugged(error);
      if (error instanceof ConnectError) throw error;
      throw whyNoLoader(asError(error), this.#esp.heard, this.port.path, this.hasLines);
    }
    if (this.#loader.secureDownloadMode) throw locked();
    await this.#guard(this.#loader.runStub());
    if (!this.isStub && this.#loader.chip.CHIP_NAME === 'ESP8266') {
      throw new FlashError('other', l10n.t('The ESP8266 did not start the flashing program'), {
        hint: l10n.t('Unplug the board, plug it in again, and flash once more.'),
      });
    }
  }

  async #enterLoader(): Promise<void> {
    const { transport } = this.#loader;
    await transport.connect(ROM_BAUD);
    await transport.disconnect(); // connect() opens it again; opened once, it is known whether the port has lines
    const mode = this.hasLines ? 'default_reset' : 'no_reset';
    await this.#loader.connect(mode, this.hasLines ? ATTEMPTS : ATTEMPTS_WITHOUT_LINES);
    if (this.#loader.chip.CHIP_NAME === 'ESP8266') {
      // It has no registers for lengths, and esptool-js writes into its command register instead.
      Object.assign(this.#loader.chip, { SPI_MOSI_DLEN_OFFS: null, SPI_MISO_DLEN_OFFS: null });
    }
  }

  /** Identifies the chip. @throws FlashError for a chip that is locked or unknown */
  async identify(): Promise<EspIdentity> {
    const loader = this.#loader;
    const chip = espChipNamed(loader.chip.CHIP_NAME);
    if (!chip) {
      const message = l10n.t('The chip {0} is not supported', loader.chip.CHIP_NAME);
      throw new FlashError('wrongChip', message, {
        hint: l10n.t("In the list of boards, its entry explains the maker's tool."),
      });
    }
    const security = await this.#guard(
      loader.getSecurityInfo().catch(() => undefined), // chips before the ESP32-S2 have no such command
    );
    if (security && (isOdd(security.flashCryptCnt) || security.parsedFlags.SECURE_BOOT_EN)) {
      throw locked();
    }
    const description = await this.#guard(loader.chip.getChipDescription(loader));
    const revision = /revision v(\d+)\.(\d+)/.exec(description);
    const mac = (await this.#guard(loader.chip.readMac(loader))).replace(/[^0-9a-f]/gi, '');
    const capacity = ((await this.#guard(loader.readFlashId())) >> 16) & 0xff;
    return {
      chip,
      description,
      revision: revision ? Number(revision[1]) * 100 + Number(revision[2]) : undefined,
      mac: mac.toLowerCase(),
      flashSize: flashBytes(loader.DETECTED_FLASH_SIZES[capacity]),
    };
  }

  /** Whether the baud rate matters. On the chips' own USB it does not. */
  get hasBaud(): boolean {
    return this.port.usb?.vendorId !== ESPRESSIF;
  }

  /** Changes the speed. Returns false if the chip does not answer at the new one; `connect` must be called then. */
  async changeSpeed(baud: number): Promise<boolean> {
    await this.command(COMMAND.changeBaud, words(baud, this.isStub ? this.#baud : 0));
    try {
      await this.#guard(this.#esp.setBaudRate(baud));
    } catch (error) {
      if (error instanceof FlashError || this.signal.aborted) throw error;
      this.log.info(`${this.port.path} cannot be set to ${baud} baud: ${asError(error).message}`);
      return false;
    }
    this.#loader.transport.baudrate = baud;
    this.#baud = baud;
    await this.#guard(this.#loader.transport.drainInput(50, 200));
    return await this.answers();
  }

  /** Returns whether the chip answers after a disturbance. */
  async answers(): Promise<boolean> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        this.#loader.transport.flushInput();
        await this.#guard(this.#loader.readReg(0x40001000, PROBE_MS));
        return true;
      } catch (error) {
        if (error instanceof FlashError || this.signal.aborted) throw error;
        this.log.debug(`No answer at ${this.#baud} baud: ${asError(error).message}`);
        await this.#guard(this.#loader.transport.drainInput());
      }
    }
    return false;
  }

  /**
   * Sends a command and waits for its answer.
   * @param answerBytes of data that precede the status
   * @throws what esptool-js throws for a bad status or silence; FlashError ('lost'), CancelledError
   */
  async command(
    op: number,
    data: Uint8Array,
    options: { checksum?: number; answerBytes?: number; timeoutMs?: number } = {},
  ): Promise<Uint8Array> {
    const { checksum = 0, answerBytes = 0, timeoutMs } = options;
    const name = `command 0x${op.toString(16)}`;
    const result = await this.#guard(
      this.#loader.checkCommand(name, op, data, checksum, answerBytes, timeoutMs),
    );
    return typeof result === 'number' ? new Uint8Array(0) : result;
  }

  /** Starts the program. Returns false if no line resets the chip and the user must press RESET. */
  async restart(): Promise<boolean> {
    await this.#guard(this.#pressReset());
    return this.hasLines;
  }

  /** Starts the program of a chip that is left unchanged, also after cancellation. Failures are only logged: another error is the news. */
  async leave(): Promise<void> {
    if (!this.#isOpen || !this.hasLines || (await this.#esp.wasUnplugged())) return;
    try {
      await Promise.race([this.#pressReset(), this.#esp.lost]);
    } catch (error) {
      this.log.debug(`Restarting ${this.port.path}: ${asError(error).message}`);
    }
  }

  async #pressReset(): Promise<void> {
    const lines = async (dtr: boolean, rts: boolean) => {
      await this.#loader.transport.setSignals(dtr, rts);
      await delay(systemClock, RESET_MS);
    };
    await lines(false, false); // the chips' own USB: not into the loader again
    await lines(false, true);
    await lines(false, false);
  }

  /** Disconnects from the chip. Failures are only logged, since the work has ended. */
  async close(): Promise<void> {
    if (this.#isOpen) await this.#disconnect();
    this.#isOpen = false;
  }

  async #disconnect(): Promise<void> {
    await this.#esp.close().catch((error: unknown) => {
      this.log.debug(`Closing ${this.port.path}: ${asError(error).message}`);
    });
  }

  /** Runs `work`, but ends at once if the port is lost or the user cancels. */
  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await abortable(Promise.race([work, this.#lost()]), this.signal);
    } catch (error) {
      if (error instanceof FlashError || this.signal.aborted) throw error;
      const isGone = error instanceof ConnectionLostError || (await this.#esp.wasUnplugged());
      throw isGone ? this.#unplugged(error) : error;
    }
  }

  async #lost(): Promise<never> {
    try {
      return await this.#esp.lost;
    } catch (cause) {
      throw this.#unplugged(cause);
    }
  }

  #unplugged(cause: unknown): FlashError {
    return new FlashError('lost', l10n.t('The board at {0} was unplugged', this.port.path), {
      hint: l10n.t('Plug it in and flash again. If you did not unplug it, check the cable.'),
      cause,
    });
  }
}

/** Encodes numbers for the loader: little-endian, 32 bits each. */
export function words(...numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, index) => view.setUint32(index * 4, number, true));
  return bytes;
}

function isOdd(count: number): boolean {
  let bits = 0;
  for (let rest = count; rest > 0; rest >>= 1) bits += rest & 1;
  return bits % 2 === 1;
}
