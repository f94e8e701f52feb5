/**
 * A program that waits once, in the way that its arguments say, and then has nothing left to do. It prints how it
 * ended, and what still holds the process as soon as that is over.
 *
 *     node one-wait.ts WAY URL CONFIG [TOKEN]
 */
import { changes } from '../../../src/client/changes.ts'
import { checkIns } from '../../../src/client/check-in.ts'
import { compositeOperations } from '../../../src/client/composite.ts'
import { Client, resumeWait, Roster, waitAll, waitUntil } from '../../../src/client/index.ts'

const [way = '', url = '', config = '', token = ''] = process.argv.slice(2)
const client = new Client({ url })
const deaf = new Client({ url, WebSocket: false })
const waiter = `${config}/waiters/w`
const never = `${config}/waiters/never`
let made: Promise<unknown> | undefined
const ready = () => (made ??= client.variables.create({ name: `${config}/variables/ready/a`, text: '' }))
const MINUTE = { timeout: '1m' } as const
const SHORT = { timeout: 700 } as const

/** Commits over a line, and closes it. */
async function checkInOnce(caller: Client): Promise<void> {
  const line = checkIns(caller, config)
  await line.commit([{ set: { name: `${config}/variables/a`, text: '' } }])
  line.close()
}

/** Lets something happen when the wait is under way. */
const then = (act: () => unknown) => ({ onProgress: () => void act() })

const ways: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  push: () => client.wait(waiter, { ...MINUTE, ...then(ready) }),
  'long poll': () => deaf.wait(waiter, { ...MINUTE, ...then(ready) }),
  looks: () => client.wait(waiter, { ...MINUTE, transport: 'poll', ...then(ready) }),
  timeout: () => client.wait(never, SHORT).settle(),
  'timeout of a long poll': () => deaf.wait(never, SHORT).settle(),
  abort: () => {
    const controller = new AbortController()
    return client.wait(never, { ...MINUTE, signal: controller.signal, ...then(() => controller.abort()) }).settle()
  },
  'loop that is left': async () => {
    for await (const _ of client.wait(never, MINUTE)) return
  },
  'settled, never awaited': async () => {
    client.wait(waiter, { ...MINUTE, ...then(ready) })
  },
  waitUntil: async () => {
    const first = await client.waiters.get(waiter)
    return waitUntil(client, first, 'done', true, { waitCallback: ready, maxWaitSeconds: 60 })
  },
  many: () =>
    waitAll(
      [
        [client.waiter(waiter), { success: { path: 'name' } }],
        [client.waiter(never), { success: { path: 'name' } }],
      ],
      MINUTE,
    ),
  composite: () =>
    compositeOperations(client).createVariableAndWaitForState(
      { name: `${config}/variables/state`, text: 'on' },
      ['ON'],
      { waiter: MINUTE },
    ),
  'composite that fails': () =>
    compositeOperations(client)
      .createVariableAndWaitForState({ name: `${config}/variables/state`, text: 'on' }, ['off'], { waiter: SHORT })
      .catch((error: Error) => error.name),
  roster: async () => {
    const roster = new Roster(client, config)
    const all = roster.wait({ members: ['a'], timeout: '1m' })
    await roster.checkIn('a')
    return all
  },
  'roster that times out': () =>
    new Roster(client, config).wait({ members: 5, timeout: 700 }).catch((error: Error) => error.name),
  changes: async () => {
    const options = { onListening: () => void ready() }
    for await (const _ of changes(client, config, options)) return
  },
  'changes without sockets': async () => {
    const options = { onListening: () => void ready() }
    for await (const _ of changes(deaf, config, options)) return
  },
  'check-ins': () => checkInOnce(client),
  'check-ins without sockets': () => checkInOnce(deaf),
  resumed: () => resumeWait(token, client, then(ready)),
  'resumed too late': () => resumeWait(token, client).settle(),
  'server that hangs': () => new Client({ url: `${url}/hang` }).wait(never, SHORT).settle(),
  'socket that is dead': () => new Client({ url: `${url}/dead-socket` }).wait(never, { timeout: 2000 }).settle(),
  'request that hangs': () =>
    new Client({ url: `${url}/hang`, retry: false, requestTimeout: 300 }).configs
      .get(config)
      .catch((error: Error) => error.name),
}

const result = (await ways[way]?.()) as { status?: string; label?: string } | undefined
// What was written may be heard of before its answer has come.
await made
const resources = process
  .getActiveResourcesInfo()
  .filter((kind) => !/^(?:PipeWrap|TTYWrap|FSReqPromise|Immediate)$/.test(kind))
console.log(
  JSON.stringify({ result: String(result?.label ?? result?.status ?? 'done'), resources, at: performance.now() }),
)
process.on('exit', () => console.log(JSON.stringify({ exit: performance.now() })))
