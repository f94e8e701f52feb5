/** One call of a command: its options, and what they come to when they are needed. */
import type { Client } from '../client/index.ts'
import { Interrupted } from './exit.ts'
import { readFormat, type Format } from './format.ts'
import { ENDING, type Io } from './io.ts'
import { configNameOf, variableNameOf, waiterNameOf } from './names.ts'
import { projectOf, serviceOf, type Service, type Shared } from './settings.ts'

export interface ConfigOption {
  readonly configName?: string
}

/** `O` are the options of the command's own. */
export class Call<O extends object = object> {
  readonly io: Io
  readonly options: O & Shared
  #service: Promise<Service> | undefined
  #controller: AbortController | undefined
  #release: () => void = () => {}

  constructor(io: Io, options: O & Shared) {
    this.io = io
    this.options = options
  }

  /** The client of the service. Rejects with `UsageError`. */
  async client(): Promise<Client> {
    return (await this.service()).client
  }

  /** The service itself. Rejects with `UsageError`. */
  service(): Promise<Service> {
    this.#service ??= serviceOf(this.options, this.io.env)
    return this.#service
  }

  /** The format that was asked for, undefined for the command's own. Throws `UsageError`. */
  get format(): Format | undefined {
    return this.options.format === undefined ? undefined : readFormat(this.options.format)
  }

  /** Aborted with {@link Interrupted} when the process is asked to end: from the first use of it on. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = (this.#controller = new AbortController())
      this.#release = this.io.onSignal(ENDING, (signal) => controller.abort(new Interrupted(signal)))
    }
    return this.#controller.signal
  }

  /** Lets go of the process's signals. */
  end(): void {
    this.#release()
  }

  /** Whether there is a terminal on which progress may be shown. */
  get progress(): boolean {
    return this.io.terminal && !this.options.quiet
  }

  /** Tells people something, unless they asked for quiet. */
  note(text: string): void {
    if (!this.options.quiet) this.io.err(`${text}\n`)
  }

  get project(): string {
    return projectOf(this.options, this.io.env)
  }

  /** The full name of a config by its id or full name. Throws `UsageError`. */
  config(text: string): string {
    return configNameOf(text, () => this.project)
  }

  /** The full name of a variable in the config that `--config-name` gives. Throws `UsageError`. */
  variable(this: Call<ConfigOption>, text: string): string {
    return variableNameOf(text, () => this.config(this.options.configName as string))
  }

  /** The full name of a waiter in the config that `--config-name` gives. Throws `UsageError`. */
  waiter(this: Call<ConfigOption>, text: string): string {
    return waiterNameOf(text, () => this.config(this.options.configName as string))
  }
}
