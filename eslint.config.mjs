import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbids imports that would break the direction written in ARCHITECTURE.md ("Layers"). */
const layer = (files, patterns, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: patterns.map((regex) => ({ regex, message })) }],
  },
});

export default tseslint.config(
  { ignores: ['dist', 'out', 'prebuilds', 'node_modules', 'test-results', '**/*.d.ts'] },
  js.configs.recommended,
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
  layer(
    ['src/core/**/*.ts'],
    ['^vscode$', '^serialport', '^ws$', '^mqtt', '^aedes', '/(transports|views|commands|cli)(/|$)'],
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
