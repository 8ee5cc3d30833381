import { logicalLines, type LogicalLine } from './pythonLines';

/** Keywords that begin a statement that is not an expression. */
const STATEMENT =
  /^(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|nonlocal|or|pass|raise|return|try|while|with|yield)\b/;

/**
 * Changes code whose last line is an expression so that the board prints its value after `mark`, as a Python prompt does. `None`,
 * and a value followed by `;`, are not shown. The value is assigned to `_`. Line numbers do not change. Other code is returned
 * unchanged.
 */
export function showingLastValue(code: string, mark: string): string {
  const lines = logicalLines(code).filter((line) => !line.blank);
  const last = lines.at(-1);
  if (!last || !isExpression(last)) return code;
  const before = code
    .split(/\r\n|\r|\n/)
    .slice(0, last.first)
    .map((line) => `${line}\n`)
    .join('');
  // The closing bracket goes on its own line, because the expression may end in a comment.
  const literal = Array.from(mark, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${before}_=(${last.text}\n)\nif _ is not None:print(end='${literal.join('')}');print(repr(_))\n`;
}

function isExpression({ text, marks }: LogicalLine): boolean {
  return marks.size === 0 && /^[^\s@*]/.test(text) && !STATEMENT.test(text) && !text.endsWith('\\');
}
