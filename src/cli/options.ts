/** Options that several commands take alike. */
import type { Command } from 'commander'
import { formatDuration } from '../client/duration.ts'
import { MAX_SPAN_SECONDS } from '../core/span.ts'
import { etagOption, spanOption } from './values.ts'

/** The longest that a variable may live, in seconds. */
const MAX_TTL_SECONDS = MAX_SPAN_SECONDS - 1

/** A change that is made only of what has not changed meanwhile. */
export interface GuardOption {
  readonly ifMatch?: string
}

export interface TtlOption {
  /** As a Duration of the wire. */
  readonly ttl?: string
}

/** Adds `--config-name`, which gcloud requires wherever there is one. */
export function addConfigOption(command: Command): Command {
  return command.requiredOption('--config-name <config>', 'id or full name of the config')
}

/** Adds `--if-match`; `does` is what is done, such as `delete it`. */
export function addGuardOption(command: Command, does: string): Command {
  const description = `${does} if it is there with this etag ("*": with any), or fail`
  return command.option('--if-match <etag>', description, etagOption('--if-match'))
}

/** Adds `--ttl`. */
export function addTtlOption(command: Command): Command {
  const description = 'how long it lives unless it is written again or renewed, such as 30 or 1h30m'
  const read = spanOption('--ttl', MAX_TTL_SECONDS)
  return command.option('--ttl <span>', description, (text) => formatDuration(read(text)))
}
