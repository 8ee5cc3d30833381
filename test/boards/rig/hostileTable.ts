import { expect } from 'vitest';

/** What was fired at the product, what has to come of it, and what came: checked row by row, and printed at the end. */
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
