/**
 * What a RuntimeConfig must do, told as naively as possible: everything is in maps, and every condition of every waiter
 * is counted anew after every command. It shares no rule with the code that it judges, only the form of the answers.
 */
import type { Command, Outcome } from '../../src/core/command.ts'
import { formatStamp } from '../../src/core/time.ts'
import type * as wire from '../../src/core/wire.ts'

interface Variable {
  kind: 'text' | 'value'
  contents: string
  updated: number
}

interface Waiter {
  timeout: string
  success: wire.EndCondition
  failure?: wire.EndCondition
  created: number
  deadline: number
  end?: { at: number; how: string }
}

interface Memory {
  kind: string
  id: string
  name: string
  answer: wire.Answer
  expires: number
}

const HOUR = 3600 * 1e6

export class Reference {
  stamp = 0
  config: { name: string; description: string; changed: number; version: number; bindings: unknown } | undefined
  variables = new Map<string, Variable>()
  waiters = new Map<string, Waiter>()
  memory: Memory[] = []
  /** What has happened since it was last looked at: `waiter how stamp` and `path state stamp`. */
  events: string[] = []

  /** Ends what is overdue at `now`. */
  pass(now: number): void {
    this.memory = this.memory.filter(({ expires }) => expires > now)
    const due = [...this.waiters].filter(([, waiter]) => !waiter.end && waiter.deadline <= now)
    if (!due.length) return
    const at = this.tick(now)
    due.sort(([a, x], [b, y]) => x.deadline - y.deadline || (a < b ? -1 : 1))
    for (const [id, waiter] of due) this.end(id, waiter, 'timeout', at)
  }

  apply(command: Command, now: number): Outcome {
    this.pass(now)
    if (command.type === 'createConfig') return this.createConfig(command, now)
    if (!this.config) return fault('notFound')
    switch (command.type) {
      case 'updateConfig':
        this.config.description = command.description
        this.tick(now)
        return { ok: true, value: this.configAnswer() }
      case 'deleteConfig': {
        const at = this.tick(now)
        for (const path of [...this.variables.keys()].sort()) this.events.push(`${path} DELETED ${at}`)
        this.events.push(`config deleted ${at}`)
        this.config = undefined
        this.variables.clear()
        this.waiters.clear()
        this.memory = []
        return { ok: true, value: {} }
      }
      case 'setIamPolicy': {
        if (command.policy.etag && command.policy.etag !== btoa(String(this.config.changed))) {
          return fault('policyChanged')
        }
        const { version, bindings } = command.policy
        this.config = { ...this.config, version, bindings, changed: this.tick(now) }
        this.events.push(`policy changed ${this.config.changed}`)
        const etag = btoa(String(this.config.changed))
        return { ok: true, value: { ...(version && { version }), ...(bindings.length && { bindings }), etag } as never }
      }
      case 'createVariable':
        return this.createVariable(command, now)
      case 'updateVariable': {
        if (!this.variables.has(command.path)) return fault('notFound')
        const variable = { ...command.contents, updated: this.tick(now) }
        this.variables.set(command.path, variable)
        this.events.push(`${command.path} UPDATED ${variable.updated}`)
        return { ok: true, value: { ...this.variableAnswer(command.path), state: 'UPDATED' } as never }
      }
      case 'deleteVariable': {
        const gone = [...this.variables.keys()]
          .filter((path) => path === command.path || (command.recursive && path.startsWith(`${command.path}/`)))
          .sort()
        if (!gone.length) return fault('notFound')
        const at = this.tick(now)
        for (const path of gone) {
          this.variables.delete(path)
          this.forget('variable', path)
          this.events.push(`${path} DELETED ${at}`)
        }
        return { ok: true, value: {} }
      }
      case 'createWaiter':
        return this.createWaiter(command, now)
      case 'deleteWaiter': {
        if (!this.waiters.delete(command.id)) return fault('notFound')
        this.forget('waiter', command.id)
        this.events.push(`${command.id} deleted ${this.tick(now)}`)
        return { ok: true, value: {} }
      }
    }
  }

  /** What the quotas count. */
  usage(): { variables: number; bytes: number; waiters: number } {
    const texts = [...this.variables].map(([path, { contents }]) => path + contents)
    return {
      variables: this.variables.size,
      bytes: Buffer.byteLength(texts.join('')),
      waiters: this.waiters.size,
    }
  }

  private createConfig(command: Extract<Command, { type: 'createConfig' }>, now: number): Outcome {
    const before = this.recall('config', command.requestId)
    if (before) return before
    if (this.config) return fault('alreadyExists')
    const changed = this.tick(now)
    this.config = { name: command.name, description: command.description, changed, version: 0, bindings: [] }
    return this.remember('config', command.requestId, '', this.configAnswer(), changed)
  }

  private createVariable(command: Extract<Command, { type: 'createVariable' }>, now: number): Outcome {
    const { path, contents, requestId } = command
    const before = this.recall('variable', requestId)
    if (before) return before
    if (this.variables.has(path)) return fault('alreadyExists')
    const clash = [...this.variables.keys()].some((p) => p.startsWith(`${path}/`) || path.startsWith(`${p}/`))
    if (clash) return fault('prefixConflict')
    const at = this.tick(now)
    this.variables.set(path, { ...contents, updated: at })
    this.events.push(`${path} UPDATED ${at}`)
    const answer = this.remember('variable', requestId, path, this.variableAnswer(path), at)
    for (const [id, waiter] of [...this.waiters].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const how = waiter.end ? undefined : this.judge(waiter)
      if (how) this.end(id, waiter, how, at)
    }
    return answer
  }

  private createWaiter(command: Extract<Command, { type: 'createWaiter' }>, now: number): Outcome {
    const { id, spec, requestId } = command
    const before = this.recall('waiter', requestId)
    if (before) return before
    if (this.waiters.has(id)) return fault('alreadyExists')
    const created = this.tick(now)
    const deadline = created + Math.ceil(Number(spec.timeout.slice(0, -1)) * 1e6)
    const waiter: Waiter = { ...spec, created, deadline }
    this.waiters.set(id, waiter)
    const how = this.judge(waiter)
    if (how) this.end(id, waiter, how, created)
    return this.remember('waiter', requestId, id, this.operationAnswer(id), created)
  }

  private judge(waiter: Waiter): 'failure' | 'success' | undefined {
    const holds = ({ cardinality: { path, number } }: wire.EndCondition) => {
      const root = path.replaceAll('/', ' ').trim().replaceAll(' ', '/')
      const under = [...this.variables.keys()].filter((p) => root === '' || `${p}/`.startsWith(`${root}/`))
      return under.length >= number
    }
    if (waiter.failure && holds(waiter.failure)) return 'failure'
    return holds(waiter.success) ? 'success' : undefined
  }

  private end(id: string, waiter: Waiter, how: string, at: number): void {
    waiter.end = { at, how }
    this.events.push(`${id} ${how} ${at}`)
  }

  private tick(now: number): number {
    this.stamp = Math.max(now, this.stamp + 1)
    return this.stamp
  }

  private recall(kind: string, id: string): Outcome | undefined {
    const found = this.memory.find((memory) => memory.kind === kind && memory.id === id)
    return found && { ok: true, value: found.answer }
  }

  private remember(kind: string, id: string, name: string, answer: wire.Answer, at: number): Outcome {
    const expires = Math.ceil((at + 24 * HOUR) / HOUR) * HOUR
    if (id) this.memory.push({ kind, id, name, answer: structuredClone(answer), expires })
    return { ok: true, value: answer }
  }

  private forget(kind: string, name: string): void {
    this.memory = this.memory.filter((memory) => memory.kind !== kind || memory.name !== name)
  }

  private configAnswer(): wire.RuntimeConfig {
    const { name, description } = this.config as { name: string; description: string }
    return { name, ...(description && { description }) }
  }

  variableAnswer(path: string): wire.Variable {
    const { kind, contents, updated } = this.variables.get(path) as Variable
    return { name: `${this.config?.name}/variables/${path}`, [kind]: contents, updateTime: formatStamp(updated) }
  }

  waiterAnswer(id: string): wire.Waiter {
    const { timeout, success, failure, created, end } = this.waiters.get(id) as Waiter
    return {
      name: `${this.config?.name}/waiters/${id}`,
      timeout,
      ...(failure && { failure }),
      success,
      createTime: formatStamp(created),
      ...(end && { done: true }),
      ...(end?.how === 'failure' && { error: { code: 10, message: 'Failure condition satisfied.' } }),
      ...(end?.how === 'timeout' && { error: { code: 4, message: 'Timeout expired.' } }),
    }
  }

  operationAnswer(id: string): wire.Operation {
    const { done, error } = this.waiterAnswer(id)
    const type = 'type.googleapis.com/google.cloud.runtimeconfig.v1beta1.Waiter'
    const response = done && !error && { response: { '@type': type, ...this.waiterAnswer(id) } }
    return {
      name: `${this.config?.name}/operations/waiters/${id}`,
      ...(done && { done }),
      ...(error && { error }),
      ...response,
    }
  }
}

function fault(kind: 'notFound' | 'alreadyExists' | 'prefixConflict' | 'policyChanged'): Outcome {
  return { ok: false, fault: { kind } }
}
