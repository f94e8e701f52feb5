/** The command line as a whole: its commands, and how each of them ends. */
import { readFileSync } from 'node:fs'
import { Command, type Option } from 'commander'
import { Call } from './call.ts'
import { registerAccess } from './access.ts'
import { registerCheckIn } from './check-in.ts'
import { registerCompletion } from './completion.ts'
import { registerConfigs } from './configs.ts'
import { EXIT_HELP, exitOf, UsageError, type Manner } from './exit.ts'
import { registerExport } from './export.ts'
import { registerImport } from './import.ts'
import type { Io } from './io.ts'
import type { Action, CommandSpec, Registry } from './registry.ts'
import { registerRun } from './run.ts'
import { registerServe } from './serve.ts'
import { addSharedOptions, type Shared } from './settings.ts'
import { registerVariables } from './variables.ts'
import { registerWait } from './wait.ts'
import { registerWaiters } from './waiters.ts'
import { registerWatch } from './watch.ts'

const GCLOUD_NOUNS = new Set(['configs', 'variables', 'waiters'])

const EPILOGUE = `
The commands of gcloud beta runtime-config are here too, with its flags and exit
codes: in a script, put "rollcall" in place of "gcloud beta runtime-config".
Data goes to the standard output, all else to the standard error.

"rollcall COMMAND --help" tells more.`

/** Runs the command line `args`. Answers the exit code; never rejects. */
export async function rollcall(args: readonly string[], io: Io): Promise<number> {
  const state: State = { io, manner: 'own', exit: 0 }
  try {
    await makeProgram(state).parseAsync(args.length ? [...args] : ['--help'], { from: 'user' })
    return state.exit
  } catch (error) {
    const { code, message } = exitOf(error, state.manner)
    if (message !== undefined) io.err(`rollcall: ${message}\n`)
    return code
  }
}

interface State {
  readonly io: Io
  manner: Manner
  exit: number
}

/** The package's version; package.json lies as far above the sources as above what is built of them. */
function versionOf(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
}

function makeProgram(state: State): Command {
  const { io } = state
  const registry = new Commands(state)
  const program = new Command('rollcall')
    .description('Has everyone checked in? The command line of Rollcall.')
    .version(versionOf(), '--version', 'print the version')
    .addHelpText('after', EPILOGUE)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      // One line, the suggestion included.
      outputError: (text, write) =>
        write(
          `rollcall: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (command) => registry.sharedOptions(command).filter(({ hidden }) => !hidden),
    })
    .hook('preSubcommand', (_, command) => {
      state.manner = GCLOUD_NOUNS.has(command.name()) ? 'gcloud' : 'own'
    })
  addSharedOptions(program)
  program.commandsGroup('Roll calls:')
  registerWait(registry, program)
  registerCheckIn(registry, program)
  registerWatch(registry, program)
  registerRun(registry, program)
  program.commandsGroup('As gcloud has them:')
  registerConfigs(registry, program)
  registerVariables(registry, program)
  registerWaiters(registry, program)
  program.commandsGroup('A server, and who may use it:')
  registerServe(registry, program)
  registerAccess(registry, program)
  program.commandsGroup('From one service to another:')
  registerExport(registry, program)
  registerImport(registry, program)
  program.commandsGroup('Shells:')
  registerCompletion(registry, program)
  return program
}

class Commands implements Registry {
  readonly #state: State
  readonly #shared = new WeakMap<Command, ReadonlySet<string>>()

  constructor(state: State) {
    this.#state = state
  }

  add<O extends object>(parent: Command, spec: CommandSpec, action: Action<O>): Command {
    const command = parent.command(spec.usage).description(spec.description)
    spec.options?.(command)
    this.#shared.set(command, new Set(spec.shared))
    command.addHelpText('after', () => EXIT_HELP[mannerOf(command)])
    command.action(async (...given: unknown[]) => {
      this.#refuseOthers(command)
      const call = new Call<O>(this.#state.io, command.optsWithGlobals<O & Shared>())
      try {
        this.#state.exit = (await action(call, ...(given.slice(0, -2).flat() as string[]))) ?? 0
      } finally {
        call.end()
      }
    })
    return command
  }

  group(parent: Command, name: string, description: string): Command {
    return parent.command(name).description(description).helpCommand(false)
  }

  sharedOptions(command: Command): readonly Option[] {
    const names = this.#shared.get(command)
    return names ? rootOf(command).options.filter((option) => names.has(option.attributeName())) : []
  }

  /** What a command would ignore it refuses. */
  #refuseOthers(command: Command): void {
    const taken = new Set(this.sharedOptions(command))
    const root = rootOf(command)
    const given = root.options.filter((option) => root.getOptionValueSource(option.attributeName()) === 'cli')
    const other = given.find((option) => !taken.has(option))
    if (other) throw new UsageError(`${other.long} is no option of ${pathOf(command).join(' ')}.`)
  }
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command
}

/** The words that call a command: `rollcall`, `configs`, `list`. */
function pathOf(command: Command): string[] {
  return [...(command.parent ? pathOf(command.parent) : []), command.name()]
}

function mannerOf(command: Command): Manner {
  return GCLOUD_NOUNS.has(pathOf(command)[1] ?? '') ? 'gcloud' : 'own'
}
