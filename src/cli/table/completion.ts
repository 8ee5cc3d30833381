import { ALWAYS, OPTIONS, type OptionName } from './optionTable';
import type { Verb } from './verb';
import { VERBS } from './verbTable';

/** Completions for the shells, generated from the table of commands. */
interface Offer {
  readonly word: string;
  readonly about: string;
}
interface OptionOffer extends Offer {
  readonly short?: string;
  readonly takesValue: boolean;
}

const GENERAL: readonly OptionName[] = ['board', 'help', 'version', 'verbose', 'json'];

function options(names: readonly OptionName[]): OptionOffer[] {
  return [...new Set(names)].map((name) => {
    const option: { short?: string; value?: string; text: string } = OPTIONS[name];
    return {
      word: name,
      about: option.text,
      takesValue: option.value !== undefined,
      ...(option.short ? { short: option.short } : {}),
    };
  });
}

const optionsOf = (verb: Verb) => options([...verb.options, ...ALWAYS]);
/** Returns an option as the user types it: `-b` and `--board`. */
const typed = ({ word, short }: OptionOffer) => [...(short ? [`-${short}`] : []), `--${word}`];
/** Returns the options that take a value, as the user types them. */
const withValue = () =>
  options(Object.keys(OPTIONS) as OptionName[])
    .filter((o) => o.takesValue)
    .flatMap(typed);
const names = () => VERBS.map((v) => v.name);

/** The scripts, by name of the shell. */
export const COMPLETIONS: Readonly<Record<string, () => string>> = { bash, zsh, fish, powershell };

function bash(): string {
  const cases = VERBS.map((v) => {
    const words = [...(v.words ?? []), ...optionsOf(v).flatMap(typed)].join(' ');
    return `    ${v.name}) words='${words}' ;;`;
  });
  return `# bash completion of mpyfleet
_mpyfleet() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb='' words='' i
  COMPREPLY=()
  case $prev in ${withValue().join('|')}) return ;; esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      +) verb='' ;;
      ${withValue().join('|')}) ((i++)) ;;
      -*) ;;
      *) [ -n "$verb" ] || verb=\${COMP_WORDS[i]} ;;
    esac
  done
  case $verb in
    '') words='${names().join(' ')}'
      [[ $cur == -* ]] && words='${options(GENERAL).flatMap(typed).join(' ')}' ;;
    help) words='${names().join(' ')}' ;;
${cases.join('\n')}
  esac
  # Words without a dash are offered only where some are known; files come from bash itself.
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n $verb && $cur != -* ]]; then
    local kept=() word
    for word in "\${COMPREPLY[@]}"; do [[ $word == -* ]] || kept+=("$word"); done
    COMPREPLY=("\${kept[@]}")
  fi
}
complete -o default -F _mpyfleet mpyfleet
`;
}

function zsh(): string {
  const quoted = ({ word, about }: Offer) => quote(`${word.replaceAll(':', '\\:')}:${about}`);
  const optionWords = (list: OptionOffer[]) =>
    list.flatMap((o) => typed(o).map((word) => quoted({ ...o, word }))).join(' ');
  const cases = VERBS.map(
    (v) =>
      `    (${v.name}) offers=(${optionWords(optionsOf(v))}) more=(${(v.words ?? []).join(' ')}) ;;`,
  );
  const verbs = VERBS.map((v) => quoted({ word: v.name, about: v.summary })).join(' ');
  return `#compdef mpyfleet
_mpyfleet() {
  local verb='' i
  local -a offers more
  case $words[CURRENT-1] in (${withValue().join('|')}) _files; return ;; esac
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      (+) verb='' ;;
      (${withValue().join('|')}) ((i++)) ;;
      (-*) ;;
      (*) [[ -n $verb ]] || verb=$words[i] ;;
    esac
  done
  case $verb in
    ('')
      if [[ $words[CURRENT] == -* ]]; then offers=(${optionWords(options(GENERAL))}); else offers=(${verbs}); fi
      if [[ $words[CURRENT] == -* ]]; then _describe -o option offers; else _describe command offers; fi
      return ;;
    (help) more=(${names().join(' ')}) ;;
${cases.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then _describe -o option offers; return; fi
  (( $#more )) && compadd -a more
  _files
}
compdef _mpyfleet mpyfleet
`;
}

function fish(): string {
  const lines = ['# fish completion of mpyfleet'];
  const add = (condition: string, rest: string) =>
    lines.push(`complete -c mpyfleet -n ${quote(condition)} ${rest}`);
  const option = ({ word, short, about, takesValue }: OptionOffer) =>
    `${short ? `-s ${short} ` : ''}-l ${word}${takesValue ? ' -r' : ''} -d ${quote(about)}`;
  for (const o of options(GENERAL)) add('__fish_use_subcommand', option(o));
  for (const verb of VERBS) {
    add('__fish_use_subcommand', `-f -a ${verb.name} -d ${quote(verb.summary)}`);
    const seen = `__fish_seen_subcommand_from ${verb.name}`;
    for (const word of verb.words ?? []) add(seen, `-f -a ${word}`);
    for (const o of optionsOf(verb)) add(seen, option(o));
  }
  return `${lines.join('\n')}\n`;
}

function powershell(): string {
  const text = (word: string) => `'${word.replaceAll("'", "''")}'`;
  const list = (words: readonly string[]) => `@(${words.map(text).join(', ')})`;
  const cases = VERBS.map(
    (v) => `    ${text(v.name)} = ${list([...(v.words ?? []), ...optionsOf(v).flatMap(typed)])}`,
  );
  return `# PowerShell completion of mpyfleet
Register-ArgumentCompleter -Native -CommandName mpyfleet -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $known = @{
${cases.join('\n')}
  }
  $takesValue = ${list(withValue())}
  $verb = ''
  $skip = $true
  foreach ($element in $commandAst.CommandElements) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.ToString()
    if ($skip) { $skip = $false }
    elseif ($word -eq '+') { $verb = '' }
    elseif ($takesValue -contains $word) { $skip = $true }
    elseif (-not $word.StartsWith('-') -and $verb -eq '') { $verb = $word }
  }
  if ($verb -eq '') { $words = ${list([...names(), ...options(GENERAL).flatMap(typed)])} }
  else { $words = $known[$verb] }
  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

/** Quotes one word for a POSIX-like shell or fish. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
