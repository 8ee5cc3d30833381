import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import hello from '../../../board/demo/hello.py';
import greeting from '../../../board/demo/lib/greeting.py';
import main from '../../../board/demo/main.py';

const examples = { 'main.py': main, 'hello.py': hello, 'lib/greeting.py': greeting };

/**
 * Copies the example files to a flash that has never been used. Later changes by the user are kept.
 */
export function addExamples(folder: string): void {
  if (existsSync(folder)) return;
  for (const [name, content] of Object.entries(examples)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
