/** What a command is, to those who write one. */
import type { Command, Option } from 'commander'
import type { Call } from './call.ts'
import type { SharedName } from './settings.ts'

/** What a command does. It answers its exit code, if that is not 0, or throws what `exitOf` knows. */
export type Action<O extends object> = (call: Call<O>, ...args: string[]) => Promise<number | void>

/** Where commands are registered. */
export interface Registry {
  /** Adds a command: `arguments_` such as `<name> [value]`; of the shared options it takes those of `shared`. */
  add<O extends object>(parent: Command, spec: CommandSpec, action: Action<O>): Command
  /** Adds a group of commands. */
  group(parent: Command, name: string, description: string): Command
  /** The shared options that stand for a command. */
  sharedOptions(command: Command): readonly Option[]
}

export interface CommandSpec {
  /** Such as `set <name> [value]`. */
  readonly usage: string
  readonly description: string
  readonly shared: readonly SharedName[]
  readonly options?: (command: Command) => void
}
