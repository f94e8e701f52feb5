/** What views need to follow what moves. */
import { useEffect, useReducer, useState } from 'preact/hooks'
import type { Client } from '../../client/index.ts'
import { LiveConfig } from '../model/live-config.ts'
import { rightsOn, type Right } from '../model/rights.ts'
import { readRoute, type Route } from '../model/route.ts'
import type { Signal } from '../model/signal.ts'

/** Renders the component anew whenever the signal says that something has changed. */
export function useSignal<S extends Signal>(signal: S): S {
  const [, render] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    render(undefined)
    return signal.listen(() => render(undefined))
  }, [signal])
  return signal
}

/** Where one is, by the URL. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash))
  useEffect(() => {
    const read = () => setRoute(readRoute(location.hash))
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  return route
}

/** The time, in milliseconds since 1970, told anew so often while `running`. */
export function useNow(everyMs: number, running = true): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, running])
  return now
}

/** Longer than any frame takes where frames are drawn, in milliseconds. */
const UNDRAWN_MS = 1000

/** Calls back at the next frame, or after a while: in a tab that is not looked at none is drawn. */
function atNextFrame(callback: () => void): void {
  const call = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    callback()
  }
  const frame = requestAnimationFrame(call)
  const timer = setTimeout(call, UNDRAWN_MS)
}

const SURROUNDINGS = { frame: atNextFrame, now: () => performance.now() }

/** A config as it moves, for as long as the component is there. */
export function useLiveConfig(client: Client, name: string): LiveConfig {
  const [live, setLive] = useState(() => new LiveConfig(client, name, SURROUNDINGS))
  useEffect(() => {
    const one = live.name === name && !live.over ? live : new LiveConfig(client, name, SURROUNDINGS)
    setLive(one)
    one.start()
    return () => one.stop()
  }, [client, name])
  return useSignal(live)
}

/** What the caller may do with a resource; undefined until it is known. */
export function useRights(client: Client, name: string | undefined): ReadonlySet<Right> | undefined {
  const [known, setKnown] = useState<{ name: string; rights: ReadonlySet<Right> }>()
  useEffect(() => {
    if (name === undefined) return
    const controller = new AbortController()
    rightsOn(client, name, controller.signal).then(
      (rights) => setKnown({ name, rights }),
      // Who cannot ask is offered nothing; what is wrong with the connection is told elsewhere.
      () => controller.signal.aborted || setKnown({ name, rights: new Set() }),
    )
    return () => controller.abort()
  }, [client, name])
  return known?.name === name ? known?.rights : undefined
}

/** Runs something that takes a while: whether it is under way, and what went wrong last. */
export function useTask(): { busy: boolean; error: unknown; run(task: () => Promise<void>): Promise<void> } {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined })
  const run = async (task: () => Promise<void>) => {
    setState({ busy: true, error: undefined })
    try {
      await task()
      setState({ busy: false, error: undefined })
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return { ...state, run }
}
