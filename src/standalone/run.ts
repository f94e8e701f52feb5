/** Runs the server until a signal ends it: what `npm start` and `rollcall serve` have in common. */
import { openNotice } from './access.ts'
import { workerVariables, type Options } from './options.ts'
import { startServer } from './server.ts'

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** Told once, when the server answers. */
  answers(url: string): void
  /** Told before that, if everyone may do everything. */
  notice(text: string): void
  /** Has `stop` called when the process is asked to end, from now on. */
  onEnd(stop: () => void): void
}

/** Resolves when the server has ended; answers whether that was asked for. Throws `StartError`, as `startServer` does. */
export async function runServer(options: Options, surroundings: Surroundings): Promise<boolean> {
  let asked = false
  let stop = async () => {}
  // From here on a signal must not end this process alone and leave workerd behind.
  surroundings.onEnd(() => {
    asked = true
    void stop()
  })
  const server = await startServer({ ...options, variables: workerVariables(surroundings.env) })
  stop = server.stop
  const notice = openNotice(options)
  if (notice) surroundings.notice(notice)
  surroundings.answers(server.url)
  if (asked) await server.stop()
  await server.ended
  return asked
}
