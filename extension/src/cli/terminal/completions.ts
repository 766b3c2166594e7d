import { shellWord } from '../../core/shellWord';

/** A command as completions know it. */
export interface CompletedCommand {
  /** The name, and its aliases. */
  readonly names: readonly string[];
  readonly description: string;
  readonly options: readonly {
    readonly short?: string | undefined;
    readonly long?: string | null | undefined;
    readonly description: string;
  }[];
  /** The words that may follow; where there are none, paths follow. */
  readonly words: readonly string[];
}

export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ names, words, ...command }) => `    ${names.join('|')})
      if [[ $current == -* ]]; then words=${shellWord(flagsOf(command).join(' '))}; else words=${shellWord(words.join(' '))}; fi ;;`,
  );
  return `# Completions of palmtree for bash.
_palmtree() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then command=$word; break; fi
  done
  case $command in
    '') words=${shellWord(commands.flatMap(({ names }) => names).join(' '))} ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _palmtree palmtree
`;
}

export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const described = commands.flatMap(({ names, description }) =>
    names.map((name) => shellWord(`${name}:${description}`)),
  );
  const cases = commands.map(({ names, options, words }) => {
    const specs = options.flatMap(({ short, long, description }) =>
      [short, long].flatMap((flag) => (flag ? [shellWord(`${flag}[${description.replaceAll(/[[\]]/g, '')}]`)] : [])),
    );
    const rest = shellWord(words.length === 0 ? '*:file:_files' : `*:word:(${words.join(' ')})`);
    return `    ${names.join('|')}) _arguments ${[...specs, rest].join(' ')} ;;`;
  });
  return `#compdef palmtree
# Completions of palmtree for zsh.
_palmtree() {
  if (( CURRENT == 2 )); then
    local -a commands=(${described.join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _palmtree palmtree
`;
}

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ names, description, options, words }) => {
    const seen = shellWord(`__fish_seen_subcommand_from ${names.join(' ')}`);
    return [
      ...names.map(
        (name) => `complete -c palmtree -n __fish_use_subcommand -f -a ${name} -d ${shellWord(description)}`,
      ),
      ...options.map(({ short, long, description: about }) => {
        const flags = [...(short ? [`-s ${short.slice(1)}`] : []), ...(long ? [`-l ${long.slice(2)}`] : [])];
        return `complete -c palmtree -n ${seen} ${flags.join(' ')} -d ${shellWord(about)}`;
      }),
      ...(words.length === 0 ? [] : [`complete -c palmtree -n ${seen} -f -a ${shellWord(words.join(' '))}`]),
    ];
  });
  return `# Completions of palmtree for fish.\n${lines.join('\n')}\n`;
}

export function powerShellCompletion(commands: readonly CompletedCommand[]): string {
  const entries = commands.flatMap(({ names, words, ...command }) =>
    names.map((name) => `    '${name}' = @(${[...words, ...flagsOf(command)].map((word) => `'${word}'`).join(', ')})`),
  );
  return `# Completions of palmtree for PowerShell.
Register-ArgumentCompleter -Native -CommandName palmtree -ScriptBlock {
  param($word, $line, $cursor)
  $commands = @{
${entries.join('\n')}
  }
  $typed = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" } | Where-Object { $_ -notlike '-*' })
  $isFirst = $typed.Count -eq 0 -or ($typed.Count -eq 1 -and $typed[0] -eq $word)
  $found = if ($isFirst) { $commands.Keys | Sort-Object } else { $commands[$typed[0]] }
  $found | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

function flagsOf({ options }: Pick<CompletedCommand, 'options'>): string[] {
  return options.flatMap(({ short, long }) => [short, long].flatMap((flag) => (flag ? [flag] : [])));
}
