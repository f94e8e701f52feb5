/** The config `fleet` in a project of its own for each test, and the command line that is told of the project. */
import { randomUUID } from 'node:crypto'
import { beforeEach, expect } from 'vitest'
import { useServer } from '../../conformance/server.ts'
import { Run, type Finished, type Surroundings } from '../command.ts'

export const FLEET = ['--config-name', 'fleet']

/** The command line against a server that has these variables, with a new fleet before each test. */
export function useFleet(variables: Readonly<Record<string, string>> = {}) {
  const server = useServer(variables)
  const fleet = {
    project: '',
    /** The full name of what lies in the fleet, such as `variables/a`. */
    full: (name: string) => `projects/${fleet.project}/configs/fleet/${name}`,
    start: (args: readonly string[], surroundings: Omit<Surroundings, 'env'> = {}) =>
      new Run(args, { ...surroundings, env: { ROLLCALL_URL: server.base, ROLLCALL_PROJECT: fleet.project } }),
    rollcall: (...args: string[]): Promise<Finished> => fleet.start(args).finish(),
    /** The data that a command prints, which must go well. */
    async json(...args: string[]) {
      const { code, out, err } = await fleet.rollcall(...args, '--format', 'json')
      expect(code, err).toBe(0)
      return JSON.parse(out)
    },
  }
  beforeEach(async () => {
    fleet.project = `cli-${randomUUID()}`
    expect(await fleet.rollcall('configs', 'create', 'fleet')).toMatchObject({ code: 0 })
  })
  return fleet
}
