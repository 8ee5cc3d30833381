/* eslint-disable no-control-regex -- control characters are what this is about */
/** The filter's position in an escape sequence. */
type State = 'text' | 'escape' | 'control' | 'string' | 'stringEscape' | 'charset';

/** Longer control sequences are invalid. */
const MOST_CONTROL = 64;
/**
 * A string (title, clipboard, …) longer than this is unterminated, and the following text is shown
 * again.
 */
const MOST_STRING = 4096;
/** Final characters of control sequences for colours, erasing and cursor movement. */
const CONTROLS = /^\x1b\[(?:[\d;:]*[@A-HJ-MPSTXZ`adefgmrsu]|6n|\d*(?: q))$/;
/**
 * Modes that affect only how the terminal draws, or which keys and mouse events it sends to the
 * board.
 */
const MODES = /^\x1b\[\?(?:1|7|9|12|25|47|1000|1002|1003|1006|1047|1048|1049|2004)[hl]$/;
/** Save, restore, line feeds, keypad modes. */
const ESCAPES = '78DEM=>';
/** 8-bit forms of ESC [ and of the introducers of strings (DCS, SOS, OSC, PM, APC). */
const C1_CONTROL = '\x9b';
const C1_STRINGS = '\x90\x98\x9d\x9e\x9f';
const STRINGS = 'PX]^_';
const PLAIN_CONTROLS = '\b\t\n\v\f\r\x07';
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/;

/**
 * Filters a board's output, removing sequences that affect the computer through its terminal: they
 * set the clipboard (OSC 52), the window's title, the editor's idea of folder and prompt (OSC 633),
 * create links, or make the terminal answer. Colours, erasing and cursor movement pass, even if a
 * sequence arrives in several pieces. Source: ECMA-48 and xterm's "Control Sequences".
 */
export class TerminalFilter {
  #state: State = 'text';
  #pending = '';
  #length = 0;

  /** Returns the allowed part of `text` and of earlier, incomplete input. */
  take(text: string): string {
    let out = '';
    for (const char of text) out += this.#next(char);
    return out;
  }

  #next(char: string): string {
    switch (this.#state) {
      case 'text':
        return this.#text(char);
      case 'escape':
        return this.#escape(char);
      case 'charset':
        this.#state = 'text';
        return '';
      case 'control':
        return this.#control(char);
      case 'stringEscape':
        this.#state = char === '\\' ? 'text' : 'string';
        return char === '\\' ? '' : this.#string(char);
      case 'string':
        return this.#string(char);
    }
  }

  #text(char: string): string {
    if (char === '\x1b') this.#begin('escape');
    else if (char === C1_CONTROL) this.#begin('control', '\x1b[');
    else if (C1_STRINGS.includes(char)) this.#begin('string');
    else if (char >= ' ' && !/[\x7f-\x9f]/.test(char) && !DIRECTION.test(char)) return char;
    else if (PLAIN_CONTROLS.includes(char)) return char;
    return '';
  }

  #escape(char: string): string {
    this.#state = 'text';
    if (char === '[') this.#begin('control', '\x1b[');
    else if (STRINGS.includes(char)) this.#begin('string');
    else if ('()*+-./%#'.includes(char)) this.#state = 'charset';
    else if (char === '\x1b') this.#begin('escape');
    else if (ESCAPES.includes(char)) return `\x1b${char}`;
    else if (char < ' ') return this.#text(char);
    return '';
  }

  #control(char: string): string {
    if (char === '\x1b') {
      this.#begin('escape');
      return '';
    }
    if (char < ' ' || this.#pending.length >= MOST_CONTROL) {
      this.#state = 'text';
      return this.#text(char);
    }
    this.#pending += char;
    if (char < '@' || char > '~') return '';
    this.#state = 'text';
    return CONTROLS.test(this.#pending) || MODES.test(this.#pending) ? this.#pending : '';
  }

  #string(char: string): string {
    if (char === '\x1b') this.#state = 'stringEscape';
    else if (char === '\x07' || char === '\x9c' || char === '\x18' || char === '\x1a') {
      this.#state = 'text';
    } else if (++this.#length > MOST_STRING) this.#state = 'text';
    return '';
  }

  #begin(state: State, pending = ''): void {
    this.#state = state;
    this.#pending = pending;
    this.#length = 0;
  }
}
