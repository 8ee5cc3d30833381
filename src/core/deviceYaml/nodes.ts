import * as l10n from '@vscode/l10n';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Document, type Node } from 'yaml';
import type { At, Diagnostic, Place } from './model';

/** YAML's tags for strings, numbers, lists and maps. Every other tag asks the reader to create an object. */
const PLAIN = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** Reads the nodes of one file with their positions, and collects the errors. */
export class Nodes {
  readonly diagnostics: Diagnostic[] = [];

  constructor(
    readonly file: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  /** Converts an offset in the text to a place. */
  placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), col: Math.max(1, col) };
  }

  /** Returns the place where `node` begins; the start of the file for a missing node. */
  place(node: unknown): Place {
    const start = (node as Node | null | undefined)?.range?.[0];
    return this.placeAt(start ?? 0);
  }

  /** Reports an error. */
  error(place: Place, message: string): void {
    this.diagnostics.push({ ...place, message, severity: 'error' });
  }

  /** Reports a warning. */
  warning(place: Place, message: string): void {
    this.diagnostics.push({ ...place, message, severity: 'warning' });
  }

  /** Resolves an alias. Explicit tags are refused, because these files contain only data. */
  plain(node: unknown): unknown {
    const target = isAlias(node) ? node.resolve(this.document) : node;
    if (isScalar(target) || isMap(target) || isSeq(target)) {
      const own = target.tag;
      if (own !== undefined && !PLAIN.test(own)) {
        this.error(this.place(target), l10n.t('Tags such as {0} are not allowed here', own));
        return undefined;
      }
    }
    return target;
  }

  /**
   * Returns a scalar exactly as written (`10:20`, not the number that YAML reads it as), or
   * undefined.
   */
  text(node: unknown): string | undefined {
    const scalar = this.plain(node);
    if (!isScalar(scalar) || scalar.value === null || scalar.value === undefined) return undefined;
    if (typeof scalar.value === 'string') return scalar.value;
    return scalar.source;
  }

  /** Reads a text with its position. Any other value is an error. */
  textAt(node: unknown, what: string): At<string> | undefined {
    const value = this.text(node);
    if (value !== undefined) return { value, place: this.place(node) };
    if (!this.isNothing(node)) this.error(this.place(node), l10n.t('{0} must be a text', what));
    return undefined;
  }

  /** Reads one text or a list of texts. */
  textsAt(node: unknown, what: string): At<readonly string[]> | undefined {
    if (this.isNothing(node)) return undefined;
    const target = this.plain(node);
    const place = this.place(node);
    if (isScalar(target)) return { value: [this.text(target) ?? ''], place };
    const values = isSeq(target) ? target.items.map((item) => this.text(item)) : [undefined];
    if (values.every((value) => value !== undefined)) return { value: values, place };
    this.error(place, l10n.t('{0} must be a text or a list of texts', what));
    return undefined;
  }

  /** Reads true or false. Reports anything else, called `what` in the message, and returns undefined. */
  boolean(node: unknown, what: string): boolean | undefined {
    if (this.isNothing(node)) return undefined;
    const scalar = this.plain(node);
    if (isScalar(scalar) && typeof scalar.value === 'boolean') return scalar.value;
    this.error(this.place(node), l10n.t('{0} must be true or false', what));
    return undefined;
  }

  /** Returns whether the value is missing or `null`. */
  isNothing(node: unknown): boolean {
    const target = this.plain(node);
    return target === undefined || target === null || (isScalar(target) && target.value === null);
  }
}
