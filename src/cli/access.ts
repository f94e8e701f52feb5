/** `rollcall access`: makes a token, and the entries of the access document that let its bearer in. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { statusOf } from '../core/fault.ts'
import { ROLES } from '../core/role.ts'
import { readAccessDocument } from '../http/auth/document.ts'
import { UsageError } from './exit.ts'
import type { Registry } from './registry.ts'

const DESCRIPTION = `make a token, and the entries of the access document that let its bearer in

The token's bearer is MEMBER, such as serviceAccount:ci@example.com, user:jo@example.com or principal://node/7. \
The token is shown once and kept nowhere: the access document holds only its SHA-256. \
With --role and --project, the member has that role in that project, "*" for every one.`

/** The entries as they stand in an access document. */
interface Entries {
  readonly tokens: readonly [{ readonly sha256: string; readonly member: string }]
  readonly grants?: readonly [{ readonly project: string; readonly role: string; readonly members: readonly string[] }]
}

interface AccessOptions extends Wanted {
  readonly file?: string
  readonly json?: boolean
}

/** Adds the command. */
export function registerAccess(registry: Registry, parent: Command): void {
  registry
    .add<AccessOptions>(
      parent,
      { usage: 'access', description: DESCRIPTION, shared: ['project'], options: addOptions },
      async ({ io, options }) => {
        // Without a role there is nothing to have in a project.
        const project =
          options.project ?? (options.role === undefined ? undefined : io.env.ROLLCALL_PROJECT || undefined)
        io.out(access({ ...options, ...(project !== undefined && { project }) }))
      },
    )
    .summary('make a token, and what lets its bearer in')
}

function addOptions(command: Command): void {
  command
    .requiredOption('--member <member>', 'whom the token stands for')
    .option('--role <role>', "a role for the member: viewer, editor or admin, or a role's full name")
    .option('--file <file>', 'add the entries to the access document in this file, which is made if it is not there')
    .option('--json', 'print the token and the entries as JSON')
}

/** Makes the token; answers what is to be printed. Throws {@link UsageError}. */
function access({ json, file, ...wanted }: AccessOptions): string {
  const token = `rollcall_${randomBytes(32).toString('base64url')}`
  const entries = entriesFor(token, wanted)
  check(entries, 'The options')
  if (file !== undefined) addTo(file, entries)
  return json ? `${JSON.stringify({ token, ...entries }, null, 2)}\n` : told(token, entries, file)
}

interface Wanted {
  readonly member: string
  readonly role?: string
  readonly project?: string
}

function entriesFor(token: string, { member, role, project }: Wanted): Entries {
  const tokens = [{ sha256: createHash('sha256').update(token).digest('hex'), member }] as const
  if (role === undefined && project === undefined) return { tokens }
  if (role === undefined || project === undefined) throw new UsageError('--role and --project go together.')
  const short = `roles/runtimeconfig.${role}`
  return { tokens, grants: [{ project, role: ROLES.has(short) ? short : role, members: [member] }] }
}

function check(document: object, what: string): void {
  const read = readAccessDocument(JSON.stringify(document))
  if (!read.ok) throw new UsageError(`${what}: ${statusOf(read.fault).message}.`)
}

/** Adds the entries to the document in a file. The file is replaced as a whole, or left as it was. */
function addTo(file: string, { tokens, grants }: Entries): void {
  const document = readDocument(file)
  const after = {
    ...document,
    tokens: [...(document.tokens ?? []), ...tokens],
    ...(grants && { grants: [...(document.grants ?? []), ...grants] }),
  }
  check(after, `The access file ${file}`)
  const half = `${file}.new`
  try {
    writeFileSync(half, `${JSON.stringify(after, null, 2)}\n`)
    renameSync(half, file)
  } catch (error) {
    throw new UsageError(`The access file ${file} cannot be written: ${(error as Error).message}.`)
  }
}

function readDocument(file: string): { tokens?: object[]; grants?: object[] } {
  if (!existsSync(file)) return {}
  try {
    const document = JSON.parse(readFileSync(file, 'utf8'))
    check(document, `The access file ${file}`)
    return document
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`The access file ${file} cannot be read: ${(error as Error).message}.`)
  }
}

function told(token: string, { tokens, grants }: Entries, file: string | undefined): string {
  const secret = `The token of ${tokens[0].member}, which is shown only now:\n\n  ${token}\n\n`
  if (file !== undefined) return `${secret}What lets its bearer in was added to ${file}.\n`
  const entry = `The entry for "tokens" in the access document:\n\n  ${JSON.stringify(tokens[0])}\n`
  return secret + entry + (grants ? `\nThe entry for "grants":\n\n  ${JSON.stringify(grants[0])}\n` : '')
}
