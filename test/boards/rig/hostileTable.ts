import { expect } from 'vitest';

/**
 * Inputs that attack the product, the expected reaction and the real one: checked row by row, and
 * printed at the end.
 */
export class HostileTable {
  readonly #rows: string[] = [];

  constructor(private readonly title: string) {}

  /** Checks one input. `expected` and `seen` are a few plain words each. */
  row(input: string, expected: string, seen: string): void {
    this.#rows.push(`| ${input} | ${expected} | ${seen} |`);
    expect(seen, input).toBe(expected);
  }

  print(): void {
    const head = ['| input | expected | seen |', '| --- | --- | --- |'];
    console.log([`\n${this.title}`, ...head, ...this.#rows].join('\n'));
  }
}
