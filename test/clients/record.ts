/** Which methods of a client there are, and which of them were called. */
import { Common } from 'googleapis'

/** The HTTP statuses that each method was answered with, such as `v1beta1.projects.configs.get`. */
export const answers = new Map<string, Set<number>>()

/** What the client gives its resources for itself; nothing that a user of it calls. */
const INTERNAL = 'context'

/** The methods of a client by name, in whatever resources it has. */
export function methodsOf(resource: object, name: string): string[] {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(resource)).filter((key) => key !== 'constructor')
  const inner = Object.entries(resource).filter(([key]) => key !== INTERNAL)
  return [
    ...own.map((method) => `${name}.${method}`),
    ...inner.flatMap(([key, value]) => methodsOf(value as object, `${name}.${key}`)),
  ]
}

/** The same client, untouched, seen from outside: every call goes through to it, and its answer is noted. */
export function recorded<T extends object>(resource: T, name: string): T {
  // The proxy stands for an empty object, as the client freezes some of its own, and a proxy must not differ from those.
  return new Proxy({} as T, {
    get(_, key) {
      const member: unknown = Reflect.get(resource, key)
      if (typeof key !== 'string' || key === INTERNAL) return member
      if (typeof member === 'function') return recordedCall(member.bind(resource), `${name}.${key}`)
      return recorded(member as object, `${name}.${key}`)
    },
  })
}

type Call = (...parameters: unknown[]) => Promise<{ readonly status: number }>

function recordedCall(call: Call, name: string): Call {
  return async (...parameters) => {
    try {
      const answer = await call(...parameters)
      note(name, answer.status)
      return answer
    } catch (error) {
      if (error instanceof Common.GaxiosError && error.status) note(name, error.status)
      throw error
    }
  }
}

function note(name: string, status: number): void {
  const statuses = answers.get(name) ?? new Set()
  answers.set(name, statuses.add(status))
}
