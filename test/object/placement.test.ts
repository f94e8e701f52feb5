/**
 * Objects where the deployment says. workerd knows no jurisdictions and has but one place, so what Cloudflare is asked for
 * is written down on its way; the objects are those of here.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RuntimeConfig } from '../../src/index.ts'
import { ask } from './worker.ts'

afterEach(() => vi.restoreAllMocks())

/** The same namespace, which writes down what it is asked for. */
function watched<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  asked: string[],
  within = '',
) {
  return {
    getByName(name: string, options: DurableObjectNamespaceGetDurableObjectOptions = {}) {
      asked.push([name, within, options.locationHint ?? ''].join(' ').trimEnd())
      return namespace.getByName(name, options)
    },
    jurisdiction: (border: string) => watched(namespace, asked, border),
  } as unknown as DurableObjectNamespace<T>
}

function setting(placement: unknown) {
  const asked: string[] = []
  const { RUNTIME_CONFIG, PROJECT } = env
  return {
    asked,
    setting: {
      RUNTIME_CONFIG: watched(RUNTIME_CONFIG, asked),
      PROJECT: watched(PROJECT, asked),
      ROLLCALL_PLACEMENT: placement,
    },
  }
}

const post = (body: object) => ({ method: 'POST', body: JSON.stringify(body) })
const project = () => `p${crypto.randomUUID().slice(0, 8)}`

describe('a placement', () => {
  it('is asked for whenever an object is: for commands, queries, lists and subscriptions', async () => {
    const p = project()
    const config = `projects/${p}/configs/c`
    const { asked, setting: where } = setting({ [`projects/${p}`]: { jurisdiction: 'eu', locationHint: 'weur' } })
    const responses = [
      await ask(where, `/v1beta1/projects/${p}/configs?requestId=1`, post({ name: config })),
      await ask(where, `/v1beta1/${config}`),
      await ask(where, `/v1beta1/projects/${p}/configs`),
      await ask(where, `/v1beta1/${config}:testIamPermissions`, post({})),
      await ask(where, `/v1beta1/${config}:subscribe?quiet=true`, { headers: { Upgrade: 'websocket' } }),
      await ask(where, `/v1beta1/${config}:subscribe`, { headers: { Upgrade: 'websocket' } }),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 101, 101])
    for (const { webSocket } of responses) {
      webSocket?.accept()
      webSocket?.close()
    }
    expect(new Set(asked)).toEqual(new Set([`${p} eu weur`, `${config} eu weur`]))
    expect(asked.filter((name) => name.startsWith(config))).toHaveLength(5)
  })

  it('is asked for by the object of a config, too, when it tells its project', async () => {
    const p = project()
    const config = `projects/${p}/configs/c`
    const { asked, setting: where } = setting({ '*': { jurisdiction: 'eu' } })
    await runInDurableObject(env.RUNTIME_CONFIG.getByName(config), async (_, ctx) => {
      const object = new RuntimeConfig(ctx, { ...env, ...where })
      await object.submit({ type: 'createConfig', name: config, description: '', requestId: '' })
    })
    expect(asked).toEqual([`${p} eu`])
  })

  it('is of those that it names', async () => {
    const { asked, setting: where } = setting('{"projects/elsewhere": {"jurisdiction": "eu"}}')
    const p = project()
    await ask(where, `/v1beta1/projects/${p}/configs`)
    await ask(where, '/v1beta1/projects/elsewhere/configs')
    expect(asked).toEqual([p, 'elsewhere eu'])
  })

  it('that is wrong lets no object be asked for, and says why in the log', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { asked, setting: where } = setting({ '*': { jurisdiction: 'mars' } })
    const answer = await ask(where, '/v1beta1/projects/p/configs/c')
    expect([answer.status, asked]).toEqual([503, []])
    await ask(where, '/v1beta1/projects/p/configs/c')
    expect(errors).toHaveBeenCalledOnce()
    expect(errors.mock.calls[0]?.[0]).toContain('must be one of eu, us')
    expect((await ask(where, '/healthz')).status).toBe(200)
  })
})
