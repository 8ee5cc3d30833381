import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { needs } from './scripts/lint/needs.mjs';

/** Forbids imports that would break the direction written in ARCHITECTURE.md ("Layers"). */
const layer = (files, patterns, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: patterns.map((regex) => ({ regex, message })) }],
  },
});

/** The index.ts of these folders composes what is in them; others import their files. */
const NO_DOORS = ['src/views', 'src/transports'];

/**
 * A folder with an index.ts is entered through it, except by a lazy import, which names the file that it loads.
 * @type {import('eslint').Rule.RuleModule}
 */
const throughDoors = {
  create(context) {
    const home = dirname(context.filename);
    const check = ({ source }) => {
      if (!source?.value.startsWith('.')) return;
      const path = join(home, source.value);
      const folder = dirname(path);
      if (basename(path) === 'index' || existsSync(join(path, 'index.ts'))) return;
      if (home === folder || home.startsWith(`${folder}/`)) return;
      if (NO_DOORS.includes(relative(context.cwd, folder).replaceAll('\\', '/'))) return;
      if (existsSync(join(folder, 'index.ts'))) {
        context.report({
          node: source,
          message: `Import from ${folder}/index.ts, its door; export there what others need.`,
        });
      }
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

export default tseslint.config(
  { ignores: ['dist', 'out', 'prebuilds', 'node_modules', 'test-results', '**/*.d.ts'] },
  js.configs.recommended,
  {
    files: ['media/src/**/*.ts'],
    rules: {
      // Its types are in reach, through the doors of core's folders; a web page has neither.
      'no-restricted-globals': ['error', 'Buffer', 'process', 'setImmediate'],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'fetch',
          'AbortController',
          'AbortSignal',
          'performance',
          'TextDecoder',
          'TextEncoder',
          'document',
          'window',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: [
      'src/**/*.ts',
      'media/src/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
      'vitest.config.ts',
    ],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'test/tsconfig.json', 'media/src/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/views/message.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[property.name=/^(show(Information|Warning|Error)Message|showInputBox|withProgress|setStatusBarMessage)$/]',
          message: 'Use src/views/message.ts: VS Code makes links of text from outside.',
        },
        {
          selector:
            "CallExpression[callee.property.name='writeFile'][callee.object.property.name='fs'], CallExpression[callee.property.name='writeFile'][callee.object.name='fs']",
          message:
            'Use src/views/saveFile.ts: VS Code writes in place, so a reader may see half of it.',
        },
        {
          selector:
            "BinaryExpression[left.property.name='name'][right.value=/^(?!AbortError|PythonError).+Error$/]",
          message: 'Use instanceof: the packaged program has short names for its classes.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { doors: { rules: { through: throughDoors } } },
    rules: { 'doors/through': 'error' },
  },
  {
    files: ['src/{views,commands}/**/*.ts', 'src/*.ts'],
    plugins: { needs },
    rules: { 'needs/unused': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    // They pass all services on: the composition, and the table of commands with its wrapper.
    ignores: [
      'src/compose.ts',
      'src/views/{context,index}.ts',
      'src/commands/{index,types,wrapper}.ts',
      'src/commands/fleet/fleet.ts',
      'src/commands/scripts/scripts.ts',
    ],
    plugins: { needs },
    rules: { 'needs/named': 'error' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:os', 'os'].map((name) => ({
            name,
            importNames: ['tmpdir'],
            message: 'Use tempDir of test/lab/paths.mjs, which removes what it makes.',
          })),
        },
      ],
    },
  },
  layer(
    ['src/manifest/**/*.ts'],
    ['^[^.]', '^[.]{2}/'],
    'the manifest is data and imports nothing',
  ),
  layer(
    ['src/core/**/*.ts'],
    [
      ...['^vscode$', '^serialport', '^ws$', '^mqtt', '^aedes'],
      String.raw`^(\.\./)+(transports|views|commands|cli|manifest)(/|$)`,
    ],
    'core imports core only',
  ),
  layer(
    ['src/transports/**/*.ts'],
    ['^vscode$', '/(views|commands|cli)(/|$)'],
    'transports import core only',
  ),
  layer(
    ['src/views/**/*.ts'],
    ['^serialport', '^ws$', '^mqtt', '^aedes', '/(transports|commands|cli)(/|$)'],
    'views import core only',
  ),
  layer(
    ['src/commands/**/*.ts'],
    ['^serialport', '^ws$', '^mqtt', '^aedes', '/(transports|cli)(/|$)'],
    'commands import core and views only',
  ),
  layer(
    ['src/cli/**/*.ts'],
    ['^vscode$', '/(views|commands)(/|$)'],
    'cli imports core and transports only',
  ),
);
