/** What the data folders of earlier versions hold: all that each version could keep. */

/** A call of the API, which answers the resource. */
export type Api = (method: string, path: string, body?: object) => Promise<Record<string, unknown>>

export const FLEET = 'projects/demo/configs/fleet'
export const SECOND = 'projects/demo/configs/second'
/** Of another project. */
export const OTHER = 'projects/other/configs/fleet'
/** A span that does not end while anybody looks: some ninety years. */
export const LONG = '3000000000s'

/** What a server answers of everything that is there, by its path. */
export type Answers = Record<string, unknown>

/** Writes it all, in the order of the versions that brought it; answers what there is in the end. */
export async function write(api: Api, version: number): Promise<Answers> {
  await writeFirst(api)
  if (version >= 2) await writeSecond(api)
  if (version >= 3) await writeThird(api)
  if (version >= 4) await writeFourth(api)
  const answers: Answers = {}
  const paths = ['projects/demo/configs', 'projects/other/configs', `${OTHER}/variables?returnValues=true`]
  for (const config of [FLEET, SECOND]) {
    paths.push(config, `${config}:getIamPolicy`, `${config}/variables?returnValues=true`, `${config}/waiters`)
  }
  for (const path of paths) answers[path] = await api('GET', path)
  return answers
}

const create = (api: Api, config: string, path: string, contents: object) =>
  api('POST', `${config}/variables`, { name: `${config}/variables/${path}`, ...contents })
const waiter = (api: Api, config: string, id: string, fields: object) =>
  api('POST', `${config}/waiters`, { name: `${config}/waiters/${id}`, timeout: LONG, ...fields })
const at = (path: string, more: object = {}) => ({ cardinality: { path, ...more } })

/** Configs, variables of text and bytes, policies, waiters that wait and that have ended each way. */
async function writeFirst(api: Api): Promise<void> {
  for (const [name, description] of [
    [FLEET, 'two nodes, Zürich \u{1f3c1}'],
    [SECOND, ''],
    [OTHER, 'of another project'],
    ['projects/demo/configs/gone', 'deleted again'],
  ] as const) {
    await api('POST', name.slice(0, name.lastIndexOf('/')), { name, description })
  }
  await api('DELETE', 'projects/demo/configs/gone')
  await create(api, FLEET, 'ready/a', { text: 'here' })
  await create(api, FLEET, 'ready/deep/b', { text: 'Grüße, \u{1f680}' })
  await create(api, FLEET, 'bytes', { value: Buffer.from([0, 1, 254, 255]).toString('base64') })
  await create(api, FLEET, 'empty', { text: '' })
  await create(api, FLEET, 'changed', { text: 'before' })
  await api('PUT', `${FLEET}/variables/changed`, { name: `${FLEET}/variables/changed`, text: 'a\u0000b\nafter' })
  await create(api, FLEET, 'deleted/x', { text: 'not to be seen' })
  await api('DELETE', `${FLEET}/variables/deleted?recursive=true`)
  await create(api, OTHER, 'ready/a', { text: 'elsewhere' })
  await api('POST', `${FLEET}:setIamPolicy`, {
    policy: { bindings: [{ role: 'roles/runtimeconfig.viewer', members: ['user:a@example.com'] }] },
  })
  await waiter(api, FLEET, 'succeeded', { success: at('/ready', { number: 2 }) })
  await waiter(api, FLEET, 'failed', { success: at('/none'), failure: at('/ready') })
  await waiter(api, FLEET, 'timed-out', { timeout: '0.001s', success: at('/none') })
  await waiter(api, FLEET, 'overdue', { timeout: '60s', success: at('/none') })
  await waiter(api, FLEET, 'needs-one-more', { success: at('/ready', { number: 3 }), failure: at('/refused') })
  await waiter(api, FLEET, 'may-fail', { success: at('/never'), failure: at('/broken/by', { number: 2 }) })
  await waiter(api, FLEET, 'whole-config', { success: at('/', { number: 100 }) })
  await create(api, FLEET, 'broken/by/a', { text: '' }).then(() => api('DELETE', `${FLEET}/variables/broken/by/a`))
}

/** Policies with conditions. */
async function writeSecond(api: Api): Promise<void> {
  const expression = `resource.name.startsWith("${SECOND}/variables/ready/")`
  await api('POST', `${SECOND}:setIamPolicy`, {
    policy: {
      bindings: [
        {
          role: 'roles/runtimeconfig.editor',
          members: ['principal://node/7'],
          condition: { expression, title: 'own' },
        },
      ],
    },
  })
}

/** Variables that expire, conditions beyond counting, waiters that keep what they have counted, commits. */
async function writeThird(api: Api): Promise<void> {
  await create(api, SECOND, 'leases/long', { text: 'stays', ttl: LONG })
  await create(api, SECOND, 'leases/short', { text: 'is gone by the time that anybody looks', ttl: '60s' })
  await create(api, SECOND, 'nodes/a', { text: 'ready' })
  await create(api, SECOND, 'nodes/b', { text: 'starting' })
  await waiter(api, SECOND, 'roster', {
    success: at('/nodes', { members: ['a', 'b', 'c'], match: { equals: 'ready' } }),
    failure: { any: [at('/nodes', { match: { prefix: 'failed' } }), { variable: { name: 'abort' } }] },
  })
  await waiter(api, SECOND, 'sticky', { sticky: true, success: at('/visits', { number: 2 }) })
  await create(api, SECOND, 'visits/1', { text: '' })
  await api('DELETE', `${SECOND}/variables/visits/1`)
  await waiter(api, SECOND, 'percent', { success: at('/nodes', { members: ['a', 'b', 'c', 'd'], percent: 75 }) })
  await waiter(api, SECOND, 'nested', {
    success: { all: [at('/nodes', { number: 2 }), { not: { variable: { name: 'hold' } } }] },
  })
  await api('POST', `${SECOND}:commit`, {
    writes: [
      { set: { name: `${SECOND}/variables/epoch`, text: '7' } },
      { set: { name: `${SECOND}/variables/leader`, value: 'AAH/' } },
    ],
  })
}

/** Callbacks: of a waiter that still waits, and of one that has ended, which never arrived. */
async function writeFourth(api: Api): Promise<void> {
  const callback = { uri: 'https://hooks.example.com/ended' }
  await waiter(api, SECOND, 'calls-back', { success: { variable: { name: 'call' } }, callback })
  await waiter(api, SECOND, 'has-called', { success: at('/nodes'), callback })
}
