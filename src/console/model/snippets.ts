/** What one does in the console, as lines to paste: for curl, for the command line, and in TypeScript. */
import type { Waiter, WaiterInput } from '../../client/index.ts'
import { readName } from '../../client/names.ts'

export const LANGUAGES = ['curl', 'CLI', 'TypeScript'] as const
export type Language = (typeof LANGUAGES)[number]
export type Snippets = Readonly<Record<Language, string>>

/** Where the service is, and whether it asks for a token: which itself is never in a line to paste. */
export interface Where {
  readonly url: string
  readonly token: boolean
}

/** To write a variable, in place of what is there: text, or bytes in base64 as `value`. */
export function writing(where: Where, name: string, contents: { text: string } | { value: string }): Snippets {
  const { config, id } = nameOf(name)
  const write = { set: { name, ...contents } }
  const set = `${cli(where)} variables set --config-name ${config}`
  const commit = [`await client.configs.commit('${config}', [`, `  ${literal(write)},`, '])']
  return {
    curl: curl(where, `${config}:commit`, { writes: [write] }),
    CLI:
      'text' in contents
        ? `${set} --is-text -- ${id} ${quote(contents.text)}`
        : `echo ${quote(contents.value)} | base64 -d | ${set} -- ${id}`,
    TypeScript: script(where, commit),
  }
}

/** To read a variable. */
export function reading(where: Where, name: string): Snippets {
  const { config, id } = nameOf(name)
  return {
    curl: curl(where, name),
    CLI: `${cli(where)} variables get-value --config-name ${config} -- ${id}`,
    TypeScript: script(where, [`const { data } = await client.variables.get('${name}')`]),
  }
}

/** To wait for a waiter's end. */
export function waiting(where: Where, { name, timeout }: Pick<Waiter, 'name' | 'timeout'>): Snippets {
  return {
    curl: curl(where, `${name}:wait`, {}),
    CLI: `${cli(where)} wait ${name}`,
    TypeScript: script(where, [
      `await client.wait('${name}', { timeout: '${Math.ceil(Number.parseFloat(timeout))}s' })`,
    ]),
  }
}

/** To create a waiter that counts as the form says. */
export function creatingWaiter(where: Where, waiter: WaiterInput): Snippets {
  const { config, id } = nameOf(waiter.name)
  const { timeout, success, failure, sticky } = waiter
  const conditions = [['success', success], ...(failure ? [['failure', failure] as const] : [])] as const
  const flags = [
    `--config-name ${config} --timeout ${timeout}`,
    ...conditions.map(([flag, condition]) => `--${flag} ${quote(JSON.stringify(condition))}`),
    ...(sticky ? ['--sticky'] : []),
    `--async -- ${id}`,
  ]
  return {
    curl: curl(where, `${config}/waiters`, waiter),
    CLI: `${cli(where)} waiters create ${flags.join(' ')}`,
    TypeScript: script(where, [`await client.waiters.create(${literal(waiter)})`]),
  }
}

/** To listen to a config. */
export function watching(where: Where, config: string): Snippets {
  return {
    curl: `curl -N${header(where)} -H 'Accept: text/event-stream' '${where.url}/v1beta1/${config}:subscribe?path=/'`,
    CLI: `${cli(where)} watch --config-name ${config}`,
    TypeScript: [
      "import { changes } from 'rollcall/client/changes'",
      script(where, [`for await (const change of changes(client, '${config}')) console.log(change)`]),
    ].join('\n'),
  }
}

function curl(where: Where, path: string, body?: object): string {
  const data = body ? ` \\\n  -d ${quote(JSON.stringify(body))}` : ''
  return `curl${header(where)} '${where.url}/v1beta1/${path}'${data}`
}

const header = ({ token }: Where) => (token ? ' -H "Authorization: Bearer $ROLLCALL_TOKEN"' : '')

const cli = ({ url }: Where) => `rollcall --url ${url}`

const nameOf = (name: string) => readName(name) as NonNullable<ReturnType<typeof readName>>

function script({ url, token }: Where, lines: readonly string[]): string {
  const options = token ? `{ url: '${url}', token: process.env.ROLLCALL_TOKEN }` : `{ url: '${url}' }`
  return ["import { Client } from 'rollcall/client'", '', `const client = new Client(${options})`, ...lines].join('\n')
}

/** A text as one word of a shell, whatever is in it. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const literal = (value: unknown) => JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')
