/** `rollcall completion`: scripts for shells, made from the commands as they are registered. */
import { Argument, type Command, type Option } from 'commander'
import { FORMATS } from './format.ts'
import type { Registry } from './registry.ts'

/** A command, or a group of them, as a completion knows it. */
interface Place {
  /** The words that lead here, each with a space before it; '' for `rollcall` itself. */
  readonly at: string
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
  readonly flags: readonly Flag[]
  /** Words of the first argument, where they are known. */
  readonly words: readonly string[]
  /** Whether another command line stands behind `--`. */
  readonly runs: boolean
}

interface Flag {
  /** `--format`; short ones are not worth completing. */
  readonly name: string
  readonly summary: string
  readonly value: 'none' | 'any' | 'file' | 'folder' | readonly string[]
}

const SHELLS = { bash, zsh, fish }

const MORE = `
  bash   . <(rollcall completion bash)                    in ~/.bashrc
  zsh    . <(rollcall completion zsh)                     in ~/.zshrc, behind compinit
  fish   rollcall completion fish | source                in ~/.config/fish/config.fish`

/** Adds the command. */
export function registerCompletion(registry: Registry, parent: Command): void {
  const shell = new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS))
  registry
    .add(
      parent,
      {
        usage: 'completion',
        description: 'print a script that completes commands, flags and file names',
        shared: [],
        options: (command) => void command.addArgument(shell),
      },
      async ({ io }, name) => io.out(SHELLS[name as keyof typeof SHELLS](placesOf(registry, parent))),
    )
    .addHelpText('after', MORE)
}

/** All places of the tree, the root first. */
function placesOf(registry: Registry, command: Command, at = ''): Place[] {
  const shared = command.parent ? registry.sharedOptions(command) : []
  const options = [...command.options, ...shared].filter(({ hidden, long }) => !hidden && long)
  const [argument] = command.registeredArguments
  const place: Place = {
    at,
    commands: command.commands.map((child) => ({ name: child.name(), summary: summaryOf(child) })),
    flags: [...options.map(flagOf), { name: '--help', summary: 'tell how it is used', value: 'none' }],
    words: argument?.argChoices ?? [],
    runs: argument?.name() === 'command',
  }
  return [place, ...command.commands.flatMap((child) => placesOf(registry, child, `${at} ${child.name()}`))]
}

function summaryOf(command: Command): string {
  return command.summary() || command.description()
}

/** Values of flags that take others besides. */
const WORDS: Readonly<Record<string, readonly string[]>> = { '--format': FORMATS }

function flagOf({ long, description, flags, required, optional }: Option): Flag {
  const value = WORDS[long as string] ?? (/<file>/.test(flags) ? 'file' : /<dir>/.test(flags) ? 'folder' : 'any')
  return { name: long as string, summary: description, value: required || optional ? value : 'none' }
}

/** In single quotes, as bash and zsh read them. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** A branch of a `case`. */
const branch = (pattern: string, does: string) => `    ${pattern}) ${does} ;;\n`

/** The flags of a place that take a value, as patterns of a `case`. */
const valued = ({ at, flags }: Place) =>
  flags.filter(({ value }) => value !== 'none').map(({ name }) => quoted(`${at} ${name}`))

/** What bash and zsh share: finds in `at` the command whose words stand before the cursor, in `behind` what `--` began. */
function walk(places: readonly Place[], words: string, first: number, cursor: string): string {
  const known = places.filter(({ at }) => at).map(({ at }) => quoted(at))
  return `  local at='' behind='' skip='' word i
  for ((i = ${first}; i < ${cursor}; i++)); do
    word=\${${words}[i]}
    if [[ -n $behind ]]; then behind=$((behind + 1)); continue; fi
    if [[ $word == '=' ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=''; continue; fi
    if [[ $word == -- ]]; then behind=1; continue; fi
    case "$at $word" in
      ${places.flatMap(valued).join('|')}) skip=1 ;;
      ${known.join('|')}) at="$at $word" ;;
    esac
  done
`
}

function bash(places: readonly Place[]): string {
  const offer = (words: readonly string[]) => `words=${quoted(words.join(' '))}`
  const values = places.flatMap(({ at, flags }) =>
    flags.flatMap(({ name, value }) => (value === 'none' ? [] : [branch(quoted(`${at} ${name}`), bashValue(value))])),
  )
  const here = places.map(({ at, commands, flags, words }) => {
    const all = [...commands.map(({ name }) => name), ...words]
    return branch(
      quoted(at),
      `if [[ $cur == -* ]]; then ${offer(flags.map(({ name }) => name))}; else ${offer(all)}; fi`,
    )
  })
  const runs = places.filter((place) => place.runs).map(({ at }) => quoted(at))
  return `_rollcall() {
  local cur=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} words='' IFS=$' \\t\\n'
${walk(places, 'COMP_WORDS', 1, 'COMP_CWORD')}  COMPREPLY=()
  if [[ $flag == '=' ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ -n $behind ]]; then
    case "$at" in
    ${runs.join('|')})
      if [[ $behind == 1 ]]; then COMPREPLY=($(compgen -c -- "$cur")); else IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    esac
    return
  fi
  case "$at $flag" in
${values.join('')}    *)
  case "$at" in
${here.join('')}  esac ;;
  esac
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
}
complete -o filenames -F _rollcall rollcall
`
}

function bashValue(value: Flag['value']): string {
  if (value === 'file') return `IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur"))`
  if (value === 'folder') return `IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$cur"))`
  return typeof value === 'string' ? 'return' : `words=${quoted(value.join(' '))}`
}

function zsh(places: readonly Place[]): string {
  const values = places.flatMap(({ at, flags }) =>
    flags.flatMap(({ name, value }) => (value === 'none' ? [] : [branch(quoted(`${at} ${name}`), zshValue(value))])),
  )
  const here = places.map(({ at, commands, flags, words }) => {
    const entries = [...commands, ...words.map((name) => ({ name, summary: '' }))]
    const offer = `if [[ $PREFIX == -* ]]; then items=(${zshItems(flags)}); else items=(${zshItems(entries)}); fi`
    return branch(quoted(at), offer)
  })
  const runs = places.filter((place) => place.runs).map(({ at }) => quoted(at))
  return `#compdef rollcall
_rollcall() {
  local flag=\${words[CURRENT-1]}
  local -a items
${walk(places, 'words', 2, 'CURRENT')}  if [[ -n $behind ]]; then
    case "$at" in
    ${runs.join('|')}) if [[ $behind == 1 ]]; then _command_names; else _files; fi ;;
    esac
    return
  fi
  if [[ $PREFIX == --*=* ]]; then
    flag=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$at $flag" in
${values.join('')}    *)
  case "$at" in
${here.join('')}  esac
  _describe rollcall items ;;
  esac
}
if [[ \${funcstack[1]} == _rollcall ]]; then _rollcall "$@"; else compdef _rollcall rollcall; fi
`
}

function zshValue(value: Flag['value']): string {
  if (value === 'file') return '_files'
  if (value === 'folder') return '_files -/'
  return typeof value === 'string' ? 'return' : `compadd -- ${value.map(quoted).join(' ')}`
}

function zshItems(entries: readonly { readonly name: string; readonly summary: string }[]): string {
  return entries.map(({ name, summary }) => quoted(summary ? `${name}:${firstLine(summary)}` : name)).join(' ')
}

const firstLine = (text: string) => text.split('\n')[0] as string

function fish(places: readonly Place[]): string {
  const quote = (text: string) => `'${firstLine(text).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = places.flatMap(({ at, commands, flags, words, runs }) => {
    const here = `complete -c rollcall -n ${quote(`__rollcall_at '${at}'`)}`
    return [
      ...commands.map(({ name, summary }) => `${here} -a ${name} -d ${quote(summary)}`),
      ...words.map((word) => `${here} -a ${word}`),
      ...flags.map(({ name, summary, value }) => `${here} -l ${name.slice(2)}${fishValue(value)} -d ${quote(summary)}`),
      ...(runs ? [`complete -c rollcall -n ${quote(`__rollcall_at '${at} --'`)} -F -a '(complete -C "")'`] : []),
    ]
  })
  return `function __rollcall_at
    set -l at ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at $word"
            case '* --'
                set at "$at --"
                break
            case ${places.flatMap(valued).join(' ')}
                set skip 1
            case ${places
              .filter(({ at }) => at)
              .map(({ at }) => quoted(at))
              .join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
complete -c rollcall -f
${lines.join('\n')}
`
}

function fishValue(value: Flag['value']): string {
  if (value === 'none') return ''
  if (value === 'file' || value === 'folder') return ' -r -F'
  return typeof value === 'string' ? ' -x' : ` -x -a '${value.join(' ')}'`
}
