/** A value that a literal can represent. Whole numbers are exact up to 2^53. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly PythonValue[]
  | { readonly dict: readonly (readonly [PythonValue, PythonValue])[] };

/**
 * Thrown when the text is neither a literal nor arithmetic on literals. `at` is an offset into the
 * text.
 */
export class LiteralError extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

/** Maximum nesting of brackets and signs. */
const MAX_NESTING = 50;

const NUMBER =
  /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y;
const STRING = /([rRbBuU]{0,2})('''|"""|'|")/y;
const NAME = /[A-Za-z_]\w*/y;
const OPERATOR = /\*\*|\/\/|[-+*/%()[\]{},:=;~]/y;
/** Whitespace, comments and continued lines; within brackets also line ends. */
const BLANK = /(?:[ \t\f]|\\\r?\n|#[^\n]*)+/y;
const BLANK_AND_LINES = /(?:[ \t\f\r\n]|\\\r?\n|#[^\n]*)+/y;

/**
 * Evaluates Python literals and simple arithmetic. Executes nothing: only the given names, no
 * calls, no attributes.
 */
export class PythonLiterals {
  #at: number;
  #depth = 0;
  #brackets = 0;

  constructor(
    private readonly text: string,
    at: number,
    private readonly names: ReadonlyMap<string, PythonValue>,
  ) {
    this.#at = at;
  }

  /**
   * Parses one expression, including a tuple without parentheses, and returns its value and end.
   * @throws LiteralError
   */
  expression(): { value: PythonValue; end: number } {
    const first = this.#sum();
    if (!this.#take(',')) return { value: first, end: this.#at };
    const items = [first];
    while (!this.#atEnd()) {
      items.push(this.#sum());
      if (!this.#take(',')) break;
    }
    return { value: items, end: this.#at };
  }

  #atEnd(): boolean {
    this.#blank();
    const next = this.text[this.#at];
    return next === undefined || next === '\n' || next === '\r' || next === ';';
  }

  #sum(): PythonValue {
    if (++this.#depth > MAX_NESTING) throw this.#error('is nested too deeply');
    let value = this.#product();
    for (;;) {
      if (this.#take('+')) value = this.#add(value, this.#product());
      else if (this.#take('-')) value = this.#number(value) - this.#number(this.#product());
      else break;
    }
    this.#depth--;
    return value;
  }

  #add(a: PythonValue, b: PythonValue): PythonValue {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    return this.#number(a) + this.#number(b);
  }

  #product(): PythonValue {
    let value = this.#signed();
    for (;;) {
      const operator = this.#operator(['*', '//', '/', '%']);
      if (operator === undefined) return value;
      value = this.#calculate(operator, this.#number(value), this.#number(this.#signed()));
    }
  }

  #calculate(operator: string, a: number, b: number): number {
    if (operator === '*') return a * b;
    if (b === 0) throw this.#error('divides by zero');
    if (operator === '/') return a / b;
    const whole = Math.floor(a / b);
    return operator === '//' ? whole : a - whole * b;
  }

  #signed(): PythonValue {
    const sign = this.#operator(['-', '+', '~']);
    if (sign === undefined) return this.#power();
    if (++this.#depth > MAX_NESTING) throw this.#error('is nested too deeply');
    const value = this.#number(this.#signed());
    this.#depth--;
    return sign === '-' ? -value : sign === '~' ? -value - 1 : value;
  }

  #power(): PythonValue {
    const base = this.#atom();
    if (!this.#take('**')) return base;
    return this.#number(base) ** this.#number(this.#signed());
  }

  #atom(): PythonValue {
    this.#blank();
    const opening = this.#operator(['(', '[', '{']);
    if (opening !== undefined) return this.#bracket(opening);
    if (STRING.test(this.#from(STRING))) return this.#strings();
    const number = this.#match(NUMBER);
    if (number !== undefined) return this.#readNumber(number);
    const name = this.#match(NAME);
    if (name === undefined) throw this.#error('is not a literal');
    const constants = new Map<string, PythonValue>([
      ['True', true],
      ['False', false],
      ['None', null],
    ]);
    const value = constants.get(name) ?? this.names.get(name);
    if (value === undefined && name !== 'None')
      throw this.#error(`uses ${name}, which is not a literal`);
    return value ?? null;
  }

  #bracket(opening: string): PythonValue {
    this.#brackets++;
    const closing = opening === '(' ? ')' : opening === '[' ? ']' : '}';
    const items: PythonValue[] = [];
    const pairs: [PythonValue, PythonValue][] = [];
    let comma = false;
    while (!this.#closes(closing)) {
      const item = this.#sum();
      if (opening === '{') {
        if (!this.#take(':')) throw this.#error('is a set, which is not read');
        pairs.push([item, this.#sum()]);
      } else items.push(item);
      comma = this.#take(',');
      if (!comma && !this.#closes(closing)) throw this.#error(`lacks a ${closing}`);
    }
    this.#brackets--;
    this.#take(closing);
    if (opening === '{') return { dict: pairs };
    const [only] = items;
    return opening === '(' && items.length === 1 && !comma && only !== undefined ? only : items;
  }

  #closes(closing: string): boolean {
    this.#blank();
    return this.text[this.#at] === closing;
  }

  /** Reads adjacent strings and concatenates them. */
  #strings(): PythonValue {
    const parts: (string | Uint8Array)[] = [];
    for (;;) {
      this.#blank();
      STRING.lastIndex = this.#at;
      const start = STRING.exec(this.text);
      if (!start) break;
      parts.push(this.#string(start[1]?.toLowerCase() ?? '', start[2] ?? ''));
    }
    if (parts.every((part) => typeof part === 'string')) return parts.join('');
    if (parts.some((part) => typeof part === 'string')) throw this.#error('mixes text and bytes');
    return Uint8Array.from(parts.flatMap((part) => [...(part as Uint8Array)]));
  }

  #string(prefix: string, quote: string): string | Uint8Array {
    const from = this.#at + prefix.length + quote.length;
    let at = from;
    while (!this.text.startsWith(quote, at)) {
      if (at >= this.text.length || (quote.length === 1 && this.text[at] === '\n')) {
        throw this.#error('has a string that does not end');
      }
      at += this.text[at] === '\\' ? 2 : 1;
    }
    this.#at = at + quote.length;
    const raw = this.text.slice(from, at).replaceAll('\r\n', '\n');
    const isBytes = prefix.includes('b');
    const value = prefix.includes('r') ? raw : unescape(raw, isBytes);
    return isBytes ? Uint8Array.from(value, (c) => c.charCodeAt(0)) : value;
  }

  #readNumber(text: string): number {
    const digits = text.replaceAll('_', '');
    const value = Number(digits);
    if (Number.isNaN(value) || /^0\d*[1-9]\d*$/.test(digits)) throw this.#error('is not a number');
    return value;
  }

  #number(value: PythonValue): number {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value !== 'number')
      throw this.#error('calculates with a value that is not a number');
    return value;
  }

  #take(operator: string): boolean {
    return this.#operator([operator]) !== undefined;
  }

  /** Consumes the next operator if it is one of `wanted`. */
  #operator(wanted: readonly string[]): string | undefined {
    this.#blank();
    OPERATOR.lastIndex = this.#at;
    const found = OPERATOR.exec(this.text)?.[0];
    if (found === undefined || !wanted.includes(found)) return undefined;
    this.#at += found.length;
    return found;
  }

  #match(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#from(pattern))?.[0];
    if (found) this.#at += found.length;
    return found === '' ? undefined : found;
  }

  /** Matches a sticky pattern at the current position. */
  #from(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return this.text;
  }

  #blank(): void {
    this.#match(this.#brackets > 0 ? BLANK_AND_LINES : BLANK);
  }

  #error(message: string): LiteralError {
    return new LiteralError(message, this.#at);
  }
}

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Decodes Python's escapes; unknown ones stay unchanged. */
function unescape(raw: string, isBytes: boolean): string {
  return raw.replace(
    /\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g,
    (whole, x?: string, octal?: string, u?: string, wide?: string, other?: string) => {
      if (x !== undefined) return String.fromCharCode(parseInt(x, 16));
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
      const code = parseInt(u ?? wide ?? '', 16);
      if (!Number.isNaN(code))
        return isBytes || code > 0x10ffff ? whole : String.fromCodePoint(code);
      return SIMPLE[other ?? ''] ?? whole;
    },
  );
}
