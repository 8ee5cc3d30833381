const BEGIN = '\x1b[200~';
const END = '\x1b[201~';

/** A piece of terminal input. */
export interface InputPiece {
  readonly kind: 'keys' | 'paste';
  readonly text: string;
}

/** Longest paste that is collected, in characters; longer pastes are split. */
const LIMIT = 4 * 1024 * 1024;

/**
 * Separates pasted text from typed keys by the marks of bracketed paste mode, across chunk
 * boundaries.
 */
export class PasteSplitter {
  #held = '';
  #pasting = false;

  /** Adds input. Returns the pieces that are complete. */
  split(data: string): InputPiece[] {
    const pieces: InputPiece[] = [];
    let rest = this.#held + data;
    this.#held = '';
    for (;;) {
      const mark = this.#pasting ? END : BEGIN;
      const at = rest.indexOf(mark);
      if (at < 0) break;
      this.#add(pieces, rest.slice(0, at));
      rest = rest.slice(at + mark.length);
      this.#pasting = !this.#pasting;
    }
    if (this.#pasting && rest.length < LIMIT) this.#held = rest;
    else this.#add(pieces, rest);
    return pieces;
  }

  #add(pieces: InputPiece[], text: string): void {
    if (text !== '') pieces.push({ kind: this.#pasting ? 'paste' : 'keys', text });
  }
}
