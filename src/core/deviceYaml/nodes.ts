import { isAlias, isMap, isScalar, isSeq, LineCounter, type Document, type Node } from 'yaml';
import type { At, Diagnostic, Place } from './model';

/** YAML's own names for texts, numbers, lists and maps; every other tag asks for an object to be made. */
const PLAIN = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** The nodes of one file with their places; collects what is wrong with them. */
export class Nodes {
  readonly diagnostics: Diagnostic[] = [];

  constructor(
    readonly file: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), col: Math.max(1, col) };
  }

  place(node: unknown): Place {
    const start = (node as Node | null | undefined)?.range?.[0];
    return this.placeAt(start ?? 0);
  }

  error(place: Place, message: string): void {
    this.diagnostics.push({ ...place, message, severity: 'error' });
  }

  warning(place: Place, message: string): void {
    this.diagnostics.push({ ...place, message, severity: 'warning' });
  }

  /** `node` itself, or what it is an alias of; explicit tags are refused: these files are data and nothing else. */
  plain(node: unknown): unknown {
    const target = isAlias(node) ? node.resolve(this.document) : node;
    if (isScalar(target) || isMap(target) || isSeq(target)) {
      const own = target.tag;
      if (own !== undefined && !PLAIN.test(own)) {
        this.error(this.place(target), `Tags such as ${own} are not allowed here`);
        return undefined;
      }
    }
    return target;
  }

  /** The text of a scalar as it is written (`10:20` stays that, whatever number YAML makes of it); undefined for none. */
  text(node: unknown): string | undefined {
    const scalar = this.plain(node);
    if (!isScalar(scalar) || scalar.value === null || scalar.value === undefined) return undefined;
    if (typeof scalar.value === 'string') return scalar.value;
    return scalar.source;
  }

  /** A text with its place; anything else that is there is an error. */
  textAt(node: unknown, what: string): At<string> | undefined {
    const value = this.text(node);
    if (value !== undefined) return { value, place: this.place(node) };
    if (!this.isNothing(node)) this.error(this.place(node), `${what} must be a text`);
    return undefined;
  }

  /** One text or a list of texts. */
  textsAt(node: unknown, what: string): At<readonly string[]> | undefined {
    if (this.isNothing(node)) return undefined;
    const target = this.plain(node);
    const place = this.place(node);
    if (isScalar(target)) return { value: [this.text(target) ?? ''], place };
    const values = isSeq(target) ? target.items.map((item) => this.text(item)) : [undefined];
    if (values.every((value) => value !== undefined)) return { value: values, place };
    this.error(place, `${what} must be a text or a list of texts`);
    return undefined;
  }

  boolean(node: unknown, what: string): boolean | undefined {
    if (this.isNothing(node)) return undefined;
    const scalar = this.plain(node);
    if (isScalar(scalar) && typeof scalar.value === 'boolean') return scalar.value;
    this.error(this.place(node), `${what} must be true or false`);
    return undefined;
  }

  /** Nothing written, or `null`. */
  isNothing(node: unknown): boolean {
    const target = this.plain(node);
    return target === undefined || target === null || (isScalar(target) && target.value === null);
  }
}
