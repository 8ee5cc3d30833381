import type { VerbRun } from './cli';
import { COMMON, ON_BOARDS, type OptionName } from './options';

/** A command of the command line. Its code is loaded when it is used. */
export interface Verb {
  readonly name: string;
  /** Arguments as the help shows them. */
  readonly args: string;
  readonly summary: string;
  readonly details?: string;
  readonly options: readonly OptionName[];
  readonly load: () => Promise<VerbRun>;
}

const MIP_DETAILS = `PACKAGE: NAME, NAME@VERSION, github:ORG/REPO[@BRANCH], gitlab:ORG/REPO, codeberg:ORG/REPO, pypi:NAME[==VERSION], a URL or a local path.
Everything is downloaded here, so the boards need no network. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured.
adopt takes packages of the index that others have put there (mip, mpremote, another computer) into the list.
lock writes mpy.lock for the packages named, or for what is on the board; sync brings boards to exactly that.
Files that were changed on a board, or were put there by somebody else, stay unless --force is given.`;

export const VERBS: readonly Verb[] = [
  {
    name: 'list',
    args: '',
    summary: 'boards and ports that are there, and those of the configuration',
    options: [...COMMON, 'all'],
    load: async () => (await import('./verbs/list')).run,
  },
  {
    name: 'exec',
    args: 'CODE | FILE | -',
    summary: 'run Python code on the boards; its output comes as it is printed',
    details: '- reads the code from standard input. Status 1: the code raised an exception.',
    options: [...COMMON, ...ON_BOARDS],
    load: async () => (await import('./verbs/exec')).run,
  },
  {
    name: 'ls',
    args: '[:PATH]',
    summary: 'list a folder of the board',
    options: [...COMMON, ...ON_BOARDS, 'recursive', 'hash'],
    load: async () => (await import('./verbs/folders')).ls,
  },
  {
    name: 'cat',
    args: ':PATH...',
    summary: 'print files of the board, byte for byte',
    options: [...COMMON, ...ON_BOARDS],
    load: async () => (await import('./verbs/folders')).cat,
  },
  {
    name: 'get',
    args: '[-r] :REMOTE... LOCAL',
    summary: 'copy from the board; LOCAL may be - for standard output',
    details: 'From several boards, LOCAL is a folder that gets one folder for each board.',
    options: [...COMMON, ...ON_BOARDS, 'recursive'],
    load: async () => (await import('./verbs/get')).run,
  },
  {
    name: 'put',
    args: '[-r] LOCAL... :REMOTE',
    summary: 'copy to the board; verified there before the old file is replaced',
    details: 'REMOTE is a folder if it ends in / or is one; ":" is where the board starts.',
    options: [...COMMON, ...ON_BOARDS, 'recursive'],
    load: async () => (await import('./verbs/put')).run,
  },
  {
    name: 'sync',
    args: '[-n] [--mirror | --pull] FOLDER [:PATH]',
    summary: 'bring a folder and the board into line; only what differs is moved',
    details:
      'Nothing is deleted without --mirror. Files named in .mpyignore, and what no board needs, are left out.',
    options: [...COMMON, ...ON_BOARDS, 'mirror', 'pull', 'dry-run'],
    load: async () => (await import('./verbs/sync')).run,
  },
  {
    name: 'rm',
    args: '[-r] :PATH...',
    summary: 'remove files of the board, with -r folders',
    options: [...COMMON, ...ON_BOARDS, 'recursive'],
    load: async () => (await import('./verbs/folders')).rm,
  },
  {
    name: 'mkdir',
    args: '[-p] :PATH...',
    summary: 'make folders on the board',
    options: [...COMMON, ...ON_BOARDS, 'parents'],
    load: async () => (await import('./verbs/folders')).mkdir,
  },
  {
    name: 'log',
    args: '',
    summary: 'what boards print, as they print it, until Ctrl-C; nothing is sent to them',
    options: [...COMMON, 'board', 'timeout', 'parallel'],
    load: async () => (await import('./verbs/log')).run,
  },
  {
    name: 'broker',
    args: 'start [--lan] [--port N]',
    summary: 'an MQTT broker for boards, until Ctrl-C',
    details:
      'User and password: MPYFLEET_BROKER_USER and MPYFLEET_BROKER_PASSWORD, else made and printed.',
    options: [...COMMON, 'lan', 'port'],
    load: async () => (await import('./verbs/broker')).run,
  },
  {
    name: 'mip',
    args: 'ACTION [PACKAGE...]',
    summary: 'packages: install, list, adopt, outdated, update, remove, search, lock, sync',
    details: MIP_DETAILS,
    options: [
      ...COMMON,
      ...ON_BOARDS,
      ...(['index', 'target', 'mpy', 'no-mpy', 'requirements', 'force'] as const),
    ],
    load: async () => (await import('./verbs/mip')).run,
  },
  {
    name: 'reset',
    args: '[--hard]',
    summary: 'start the board again: softly, so that main.py runs, or as if power had been cut',
    options: [...COMMON, 'board', 'timeout', 'parallel', 'hard'],
    load: async () => (await import('./verbs/board')).reset,
  },
  {
    name: 'info',
    args: '',
    summary: 'what the board is: firmware, platform, unique id, memory and flash',
    options: [...COMMON, ...ON_BOARDS],
    load: async () => (await import('./verbs/board')).info,
  },
];

export function findVerb(name: string): Verb | undefined {
  return VERBS.find((v) => v.name === name);
}
