/** The Worker on a clock that is ahead of the machine's, or behind it, by as much as a request says. */
import { env as given } from 'cloudflare:workers'
import app, { RuntimeConfig as Steady, type Env } from '../../../src/index.ts'

export * from '../../../src/index.ts'

const machine = Date.now
/** In milliseconds. The edge and the objects share it. */
let offset = Number((given as { CLOCK_OFFSET?: string }).CLOCK_OFFSET ?? 0)
Date.now = () => machine() + offset

export class RuntimeConfig extends Steady {
  constructor(ctx: DurableObjectState, env: Env) {
    shiftAlarms(ctx.storage)
    super(ctx, env)
  }
}

/** workerd's own clock does not step: for it an alarm is so long from now. */
function shiftAlarms(storage: DurableObjectStorage): void {
  const { setAlarm, getAlarm } = storage
  storage.setAlarm = (at, options) => setAlarm.call(storage, Number(at) - offset, options)
  storage.getAlarm = async (options) => {
    const at = await getAlarm.call(storage, options)
    return at === null ? null : at + offset
  }
}

export default {
  fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/clock') return app.fetch(request, env, ctx)
    offset = Number(searchParams.get('offset'))
    return new Response('{}')
  },
} satisfies ExportedHandler<Env>
