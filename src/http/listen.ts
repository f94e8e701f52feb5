/** WebSockets to an object: those that listen hibernate, so that it may sleep; those that check in keep it awake. */
import { refuse, ok, type Fault, type Result } from '../core/fault.ts'
import type { CheckingIn } from '../object/check-ins.ts'
import { FAULT, LISTENING, type Listening } from '../object/sockets.ts'
import { configObject } from '../object/stubs.ts'
import type { Env } from './env.ts'

/** A WebSocket to the object that owns a config, or why there is none. */
export async function listenTo(
  env: Env,
  config: string,
  listening: Listening | CheckingIn,
): Promise<Result<WebSocket>> {
  const headers = { Upgrade: 'websocket', [LISTENING]: encodeURIComponent(JSON.stringify(listening)) }
  const response = await configObject(env, config).fetch('https://object/', { headers })
  if (response.webSocket) return ok(response.webSocket)
  return refuse(JSON.parse(response.headers.get(FAULT) ?? '{"kind":"unavailable"}') as Fault)
}

/** The longest time that a timer can be set for, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Calls `then` at a moment (ms since 1970), unless the function that is answered was called before. */
export function callAt(moment: number, then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  const check = () => {
    const left = moment - Date.now()
    if (left > 0) timer = setTimeout(check, Math.min(left, MAX_TIMER_MS))
    else then()
  }
  check()
  return () => clearTimeout(timer)
}
