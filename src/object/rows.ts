/** Rows of the tables, and what the domain makes of them. */
import type { Lease, Variable } from '../core/variable.ts'
import type { Ending, Waiter } from '../core/waiter.ts'
import type { Row } from './schema.ts'

/** The columns of a variable. */
export const VARIABLE = 'path, kind, contents, updated, ttl, expires'

/** The columns of a waiter. */
export const WAITER = 'id, spec, created, deadline, ended, how, progress'
export function toVariable({ path, kind, contents, updated, ttl, expires }: Row): Variable {
  return {
    path: path as string,
    kind: kind as Variable['kind'],
    contents: contents as string,
    updated: Number(updated),
    lease: ttl === null ? undefined : { ttl: ttl as string, expires: Number(expires) },
  }
}

/** The last two columns of a variable. */
export const leaseColumns = (lease: Lease | undefined) => [lease?.ttl ?? null, lease?.expires ?? null] as const

export function toWaiter({ id, spec, created, deadline, ended, how, progress }: Row): Waiter {
  return {
    id: id as string,
    spec: JSON.parse(spec as string),
    created: Number(created),
    deadline: Number(deadline),
    ...(ended !== null && {
      end: {
        at: Number(ended),
        how: how as Ending,
        progress: progress === null ? undefined : JSON.parse(progress as string),
      },
    }),
  }
}

/** The last three columns of a waiter. */
export const endColumns = ({ end }: Waiter) =>
  [end?.at ?? null, end?.how ?? null, end?.progress ? JSON.stringify(end.progress) : null] as const
