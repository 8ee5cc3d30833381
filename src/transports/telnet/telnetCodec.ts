// Commands and options of RFC 854; those that the telnet server of MicroPython's cc3200 port sends are ECHO,
// SUPPRESS-GO-AHEAD and LINEMODE (ports/cc3200/telnet/telnet.c).
const IAC = 0xff;
const DONT = 0xfe;
const DO = 0xfd;
const WONT = 0xfc;
const WILL = 0xfb;
const SB = 0xfa;
const SE = 0xf0;

/**
 * Sent while nothing else is sent, because a WiPy disconnects a silent client. It has no effect
 * anywhere: the option is off. The server drops three bytes from an IAC on; if its ring splits the
 * command, it also drops a lone NUL.
 */
export const KEEP_ALIVE = Uint8Array.of(IAC, DONT, 0);

/**
 * Replaces a byte that a WiPy would mistake for a command, dropping it and the two bytes after it.
 */
const SUBSTITUTE = 0x3f; // ?

/** Replaces bytes above 127, which the telnet server does not accept, by `?`. */
export function toTelnet(data: Uint8Array): Uint8Array {
  return data.some((byte) => byte >= 0x80)
    ? data.map((byte) => (byte >= 0x80 ? SUBSTITUTE : byte))
    : data;
}

type State = 'text' | 'command' | 'option' | 'sub' | 'subCommand';

/**
 * Separates text from commands. Every option is refused only once, because a server that insists
 * must not cause a loop.
 */
export class TelnetDecoder {
  #state: State = 'text';
  #verb = 0;
  readonly #refused = new Set<number>();

  /** Returns the text in `chunk`, and the answers to its options. */
  feed(chunk: Uint8Array): { readonly text: Uint8Array; readonly answers: Uint8Array } {
    const text: number[] = [];
    const answers: number[] = [];
    for (const byte of chunk) this.#take(byte, text, answers);
    return { text: Uint8Array.from(text), answers: Uint8Array.from(answers) };
  }

  #take(byte: number, text: number[], answers: number[]): void {
    switch (this.#state) {
      case 'text':
        if (byte === IAC) this.#state = 'command';
        else text.push(byte);
        return;
      case 'command':
        this.#state = byte === SB ? 'sub' : byte >= WILL && byte <= DONT ? 'option' : 'text';
        this.#verb = byte;
        if (byte === IAC) text.push(IAC);
        return;
      case 'option':
        this.#state = 'text';
        answers.push(...this.#refusal(byte));
        return;
      case 'sub':
        if (byte === IAC) this.#state = 'subCommand';
        return;
      case 'subCommand':
        this.#state = byte === SE ? 'text' : 'sub';
        return;
    }
  }

  #refusal(option: number): readonly number[] {
    if (this.#verb !== WILL && this.#verb !== DO) return [];
    const key = this.#verb * 256 + option;
    if (this.#refused.has(key)) return [];
    this.#refused.add(key);
    return [IAC, this.#verb === WILL ? DONT : WONT, option];
  }
}
