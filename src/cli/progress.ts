/** A line on the terminal that tells how far a waiter has come. */
import { isUnder, collapse } from '../core/name.ts'
import { onAbort } from '../client/backoff.ts'
import { changes } from '../client/changes.ts'
import type { Client, Waiter } from '../client/index.ts'
import type { Io } from './io.ts'
import { configOf, shortName } from './names.ts'

/** How often the line is written anew while nothing happens, in milliseconds. */
const TICK_MS = 1000
/** The permission that it takes to count. */
const LIST = 'runtimeconfig.variables.list'
const ERASE_LINE = '\r\u001b[K'

/** Shows the line, until the function that is answered is called; that takes the line away. */
export function showProgress(io: Io, client: Client, waiter: Waiter, signal: AbortSignal): () => void {
  const started = performance.now()
  const end = new AbortController()
  const off = onAbort(signal, () => end.abort())
  let have: number | undefined
  const show = () => {
    if (!end.signal.aborted) io.err(`${ERASE_LINE}${lineOf(waiter, have, performance.now() - started)}`)
  }
  const timer = setInterval(show, TICK_MS)
  show()
  // Who may not list the variables, or cannot now, sees the time alone.
  void counts(client, waiter, end.signal, (count) => {
    have = count
    show()
  }).catch(() => {})
  return () => {
    clearInterval(timer)
    off()
    end.abort()
    io.err(ERASE_LINE)
  }
}

function lineOf(waiter: Waiter, have: number | undefined, elapsedMs: number): string {
  const { path, number } = cardinalityOf(waiter)
  const count = have === undefined ? '' : `${have} of ${number} under /${collapse(path)}, `
  return `${shortName(waiter.name)}: ${count}${Math.floor(elapsedMs / 1000)} s of ${waiter.timeout.replace(/s$/, ' s')}`
}

/** Tells how many variables lie under the path of the waiter's success, and again whenever that changes. */
async function counts(client: Client, waiter: Waiter, signal: AbortSignal, tell: (count: number) => void) {
  const config = configOf(waiter.name)
  const root = collapse(cardinalityOf(waiter).path)
  // A list holds what its caller may see: of one who may not see all, the count would be wrong.
  const { data } = await client.configs.testIamPermissions(config, [LIST], { signal })
  if (!data.permissions?.includes(LIST)) return
  const names = new Set<string>()
  // What changes while the variables are listed may be older or newer in the list, but is told by itself.
  const changed = new Set<string>()
  const list = async () => {
    const own = `${config}/variables/`
    for await (const { name } of client.variables.listAll(config, { ...(root && { filter: root }), signal })) {
      if (!changed.has(name) && isUnder(root, name.slice(own.length))) names.add(name)
    }
    listed = true
    tell(names.size)
  }
  let listed = false
  let listing: Promise<void> | undefined
  const onListening = () => void (listing ??= list().catch(() => {}))
  for await (const change of changes(client, config, { path: `/${root}`, signal, onListening })) {
    if (!('variable' in change)) continue
    const { name, state } = change.variable
    changed.add(name)
    if (state === 'DELETED') names.delete(name)
    else names.add(name)
    if (listed) tell(names.size)
  }
}

const cardinalityOf = ({ success }: Waiter) =>
  'cardinality' in success ? success.cardinality : { path: '/', number: 0 }
