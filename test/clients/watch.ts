import { describe, expect, it, vi } from 'vitest'
import { connect, makeConfig, refusal, variables } from './client.ts'

export function testWatch(): void {
  describe('watching a variable', () => {
    it('is answered by the update of a second client', async () => {
      const { name } = await makeVariable()
      const second = connect().projects.configs.variables
      const watch = variables.watch({ name, requestBody: {} })
      // Nobody outside can tell when the server has begun to wait, so the second client goes on until there is an answer.
      const ended = watch.then(() => true)
      for (let update = 1; update <= 1000; update++) {
        await second.update({ name, requestBody: { text: `update ${update}` } })
        if (await Promise.race([ended, false])) break
      }
      const { data } = await watch
      expect(data).toMatchObject({ name, text: expect.stringMatching(/^update \d+$/), state: 'UPDATED' })
    })

    it('is answered at once if the variable has changed since newerThan', async () => {
      const { name, updateTime } = await makeVariable()
      const updated = await variables.update({ name, requestBody: { text: 'second' } })
      const { data } = await variables.watch({ name, requestBody: { newerThan: updateTime } })
      // Of a watch that merely ran out of time, the state would be absent.
      expect(data).toEqual({ ...updated.data, state: 'UPDATED' })
    })

    it('follows a variable to its last update when each answer is watched on from its time', async () => {
      const { name, updateTime } = await makeVariable()
      const follow = async () => {
        const seen: string[] = []
        let newerThan = updateTime
        while (seen.at(-1) !== '20') {
          const { data } = await variables.watch({ name, requestBody: { newerThan } })
          seen.push(data.text as string)
          newerThan = data.updateTime as string
        }
        return seen.map(Number)
      }
      const write = async () => {
        for (let count = 1; count <= 20; count++) await variables.update({ name, requestBody: { text: `${count}` } })
      }
      const [seen] = await Promise.all([follow(), write()])
      // Steps may be left out, but none comes twice or late.
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
    })

    it('is answered by a deletion with what the variable last held', async () => {
      const config = await makeConfig()
      const name = `${config}/variables/doomed`
      // A watch that comes later than the deletion finds nothing there, and all is done anew.
      const { data } = await vi.waitFor(
        async () => {
          await variables.create({ parent: config, requestBody: { name, text: 'last words' } })
          const watch = variables.watch({ name, requestBody: {} })
          const [answer] = await Promise.all([watch, variables.get({ name }).then(() => variables.delete({ name }))])
          return answer
        },
        { timeout: 20_000, interval: 10 },
      )
      expect(data).toMatchObject({ name, text: 'last words', state: 'DELETED' })
    })

    it('ends with DEADLINE_EXCEEDED when the client says that it will wait no longer', async () => {
      const { name } = await makeVariable()
      const headers = { 'X-Server-Timeout': '0.2' }
      const refused = await refusal(variables.watch({ name, requestBody: {} }, { headers }))
      expect(refused).toMatchObject({ http: 504, code: 504, status: 'DEADLINE_EXCEEDED' })
    })
  })
}

async function makeVariable(): Promise<{ name: string; updateTime: string }> {
  const parent = await makeConfig()
  const name = `${parent}/variables/watched/one`
  const { data } = await variables.create({ parent, requestBody: { name, text: 'first' } })
  return { name, updateTime: data.updateTime as string }
}
