/**
 * What a RuntimeConfig must do, told as naively as possible: everything is in maps, and every condition of every waiter
 * is counted anew after every change. It shares no rule with the code that it judges, only the form of the answers.
 */
import type { Command, Outcome, Precondition, Write } from '../../src/core/command.ts'
import type { Fault } from '../../src/core/fault.ts'
import { statusOf } from '../../src/core/fault.ts'
import { formatStamp } from '../../src/core/time.ts'
import type * as wire from '../../src/core/wire.ts'
import { holds } from './conditions.ts'
import { endedProgress, errorOf, look, pendingProgress, startOver, type Waiter } from './waiting.ts'

interface Variable {
  kind: 'text' | 'value'
  contents: string
  updated: number
  ttl?: string | undefined
  expires?: number | undefined
}

interface Memory {
  kind: string
  id: string
  name: string
  answer: wire.Answer
  expires: number
}

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>

const HOUR = 3600 * 1e6
const micros = (span: string) => Math.ceil(Number(span.slice(0, -1)) * 1e6)
const etag = (changed: number) => btoa(String(changed))
const byName = <T>([a]: [string, T], [b]: [string, T]) => (a < b ? -1 : 1)

export class Reference {
  stamp = 0
  config: { name: string; description: string; changed: number; policyChanged: number } | undefined
  variables = new Map<string, Variable>()
  waiters = new Map<string, Waiter>()
  memory: Memory[] = []
  /** What has happened since it was last looked at: `waiter how stamp` and `path state stamp`. */
  events: string[] = []
  /** What the present command has changed and the waiters have not looked at yet, in that order. */
  private touched: string[] = []

  /** The etag that a command must bear: of a variable by its path, of the config without one. */
  etagOf(path?: string): string {
    const changed = path === undefined ? this.config?.changed : this.variables.get(path)?.updated
    return changed === undefined ? 'none' : etag(changed)
  }

  /** Ends what is overdue at `now`: moment by moment, variables first. */
  pass(now: number): void {
    this.memory = this.memory.filter(({ expires }) => expires > now)
    const expiries = [...this.variables.values()].map(({ expires }) => expires ?? Infinity)
    const deadlines = [...this.waiters.values()].map(({ deadline, end }) => (end ? Infinity : deadline))
    const moments = new Set([...expiries, ...deadlines].filter((moment) => moment <= now))
    for (const moment of [...moments].sort((a, b) => a - b)) {
      const over = [...this.variables].filter(([, { expires }]) => expires === moment)
      const waiting = () => [...this.waiters].filter(([, { end, deadline }]) => !end && deadline === moment)
      // An earlier moment may have ended all who waited.
      if (!over.length && !waiting().length) continue
      const at = this.tick(now)
      this.change(at, () => this.remove(over.map(([path]) => path).sort()))
      for (const [id, waiter] of waiting().sort(byName)) this.end(id, waiter, 'timeout', at)
    }
  }

  apply(command: Command, now: number): Outcome {
    this.pass(now)
    if (command.type === 'createConfig') return this.createConfig(command, now)
    if (!this.config) return fault('notFound')
    switch (command.type) {
      case 'updateConfig':
        if (!meets(command.if, this.config.changed)) return fault('changed')
        this.config.description = command.description
        this.config.changed = this.tick(now)
        return { ok: true, value: this.configAnswer() }
      case 'deleteConfig':
        return this.deleteConfig(command, now)
      case 'setIamPolicy':
        return this.setIamPolicy(command, now)
      case 'createVariable': {
        const { path, requestId } = command
        const before = this.recall('variable', requestId)
        const answer = () => this.variableAnswer(path)
        return (
          before ??
          this.writeOne({ ...command, type: 'create' }, now, (at) =>
            this.remember('variable', requestId, path, answer(), at),
          )
        )
      }
      case 'updateVariable':
        return this.writeOne({ ...command, type: 'update' }, now, () => {
          return { ok: true, value: { ...this.variableAnswer(command.path), state: 'UPDATED' } as never }
        })
      case 'deleteVariable':
        return this.writeOne({ ...command, type: 'delete' }, now, () => ({ ok: true, value: {} }))
      case 'commit':
        return this.commit(command, now)
      case 'renewVariables':
        return { ok: true, value: { outcomes: command.paths.map((path) => this.renew(path, now)) } }
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

  private createConfig({ name, description, requestId, ...command }: CommandOf<'createConfig'>, now: number): Outcome {
    const before = this.recall('config', requestId)
    if (before) return before
    if (this.config) return fault(command.if?.absent ? 'changed' : 'alreadyExists')
    const changed = this.tick(now)
    this.config = { name, description, changed, policyChanged: changed }
    return this.remember('config', requestId, '', this.configAnswer(), changed)
  }

  private deleteConfig(command: CommandOf<'deleteConfig'>, now: number): Outcome {
    if (!meets(command.if, this.config?.changed ?? 0)) return fault('changed')
    const at = this.tick(now)
    for (const path of [...this.variables.keys()].sort()) this.events.push(`${path} DELETED ${at}`)
    this.events.push(`config deleted ${at}`)
    this.config = undefined
    this.variables.clear()
    this.waiters.clear()
    this.memory = []
    return { ok: true, value: {} }
  }

  private setIamPolicy({ policy }: CommandOf<'setIamPolicy'>, now: number): Outcome {
    const config = this.config as NonNullable<Reference['config']>
    if (policy.etag && policy.etag !== etag(config.policyChanged)) return fault('policyChanged')
    const { version, bindings } = policy
    config.policyChanged = this.tick(now)
    this.events.push(`policy changed ${config.policyChanged}`)
    const answer = {
      ...(version && { version }),
      ...(bindings.length && { bindings }),
      etag: etag(config.policyChanged),
    }
    return { ok: true, value: answer as never }
  }

  /** Does what changes variables, tells of it by what has become of each, and ends the waiters that it satisfies. */
  private change(at: number, closure: () => void): void {
    const before = new Map(this.variables)
    startOver(this.pending())
    this.touched = []
    closure()
    look(this.pending(), this.variables, { order: this.touched, at })
    for (const path of [...new Set([...before.keys(), ...this.variables.keys()])].sort()) {
      const variable = this.variables.get(path)
      if (!variable) this.events.push(`${path} DELETED ${at}`)
      else if (variable.updated === at) this.events.push(`${path} UPDATED ${at}`)
    }
    for (const [id, waiter] of [...this.waiters].sort(byName)) {
      const how = waiter.end ? undefined : this.judge(waiter)
      if (how) this.end(id, waiter, how, at)
    }
  }

  private writeOne(write: Write, now: number, answer: (at: number) => Outcome): Outcome {
    const refusal = this.refusal(write)
    if (refusal) return { ok: false, fault: refusal }
    const at = this.tick(now)
    let outcome: Outcome | undefined
    this.change(at, () => {
      this.write(write, at)
      outcome = answer(at)
    })
    return outcome as Outcome
  }

  private commit({ writes, requestId }: CommandOf<'commit'>, now: number): Outcome {
    const replayed = this.recall('commit', requestId)
    if (replayed) return replayed
    const { stamp, variables, waiters, memory, events } = structuredClone({ ...this })
    const outcomes: wire.WriteOutcome[] = []
    const at = this.tick(now)
    let refused: Outcome | undefined
    this.change(at, () => {
      for (const [index, write] of writes.entries()) {
        const refusal = this.refusal(write)
        refused = refusal && { ok: false, fault: { kind: 'writeRefused', field: `writes[${index}]`, fault: refusal } }
        if (refused) return
        const there = this.variables.has(write.path)
        this.write(write, at)
        const state = there ? { state: 'UPDATED' as const } : {}
        outcomes.push(write.type === 'delete' ? {} : { variable: { ...this.head(write.path), ...state } })
      }
    })
    if (!refused) return this.remember('commit', requestId, '', { updateTime: formatStamp(at), outcomes }, at)
    Object.assign(this, { stamp, variables, waiters, memory, events })
    return refused
  }

  /** Why a write must not be done. */
  private refusal({ type, path, ...write }: Write): Fault | undefined {
    const there = this.variables.get(path)
    const beneath = [...this.variables.keys()].some((p) => p.startsWith(`${path}/`))
    const above = [...this.variables.keys()].some((p) => path.startsWith(`${p}/`))
    const { absent, etags } = write.if ?? {}
    if (there && type === 'create') return { kind: absent ? 'changed' : 'alreadyExists' }
    if (there) return meets(write.if, there.updated) ? undefined : { kind: 'changed' }
    if (type === 'delete') {
      if (!('recursive' in write && write.recursive)) return { kind: 'notFound' }
      if (!beneath) return { kind: 'notFound' }
      return etags || absent ? { kind: 'changed' } : undefined
    }
    if (etags || (type === 'update' && !absent)) return { kind: 'notFound' }
    return beneath || above ? { kind: 'prefixConflict' } : undefined
  }

  private write(write: Write, at: number): void {
    const { path } = write
    if (write.type === 'delete') {
      const gone = [...this.variables.keys()].filter((p) => p === path || (write.recursive && p.startsWith(`${path}/`)))
      // A deletion of many is one change, called by the name that was asked to be deleted, if a commit begins with it.
      const whole = write.recursive && !this.touched.length
      this.remove(gone.sort())
      if (!whole) return
      this.touched = []
      return look(this.pending(), this.variables, { order: gone, as: path, at })
    }
    const { kind, contents, ttl = this.variables.get(path)?.ttl } = write.input
    this.variables.set(path, {
      kind,
      contents,
      updated: at,
      ...(ttl !== undefined && { ttl, expires: at + micros(ttl) }),
    })
    this.touch(path)
  }

  private remove(paths: readonly string[]): void {
    for (const path of paths) {
      this.variables.delete(path)
      this.forget('variable', path)
      this.touch(path)
    }
  }

  private touch(path: string): void {
    if (!this.touched.includes(path)) this.touched.push(path)
  }

  private renew(path: string, now: number): wire.RenewResponse['outcomes'][number] {
    const variable = this.variables.get(path)
    if (!variable) return { error: statusOf({ kind: 'notFound' }) }
    if (variable.ttl === undefined) return { error: statusOf({ kind: 'noLease' }) }
    const expires = Math.max(variable.expires as number, now + micros(variable.ttl))
    this.variables.set(path, { ...variable, expires })
    return { variable: this.head(path) }
  }

  private createWaiter(command: CommandOf<'createWaiter'>, now: number): Outcome {
    const { id, spec, requestId } = command
    const before = this.recall('waiter', requestId)
    if (before) return before
    if (this.waiters.has(id)) return fault('alreadyExists')
    const created = this.tick(now)
    const waiter: Waiter = {
      ...spec,
      created,
      deadline: created + micros(spec.timeout),
      changed: created,
      counts: new Map(),
    }
    this.waiters.set(id, waiter)
    const how = this.judge(waiter)
    if (how) this.end(id, waiter, how, created)
    else look([waiter], this.variables, { order: [], at: created })
    return this.remember('waiter', requestId, id, this.operationAnswer(id), created)
  }

  private pending(): Waiter[] {
    return [...this.waiters.values()].filter(({ end }) => !end)
  }

  private judge(waiter: Waiter): 'failure' | 'success' | undefined {
    const count = pendingProgress(waiter, this.variables).count
    if (waiter.failure && holds(waiter.failure, 'failure', count)) return 'failure'
    return holds(waiter.success, 'success', count) ? 'success' : undefined
  }

  private end(id: string, waiter: Waiter, how: 'success' | 'failure' | 'timeout', at: number): void {
    waiter.end = {
      at,
      how,
      progress: endedProgress(waiter, this.variables, how, at, `${this.config?.name}/variables/`),
    }
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
    const { name, description, changed } = this.config as NonNullable<Reference['config']>
    return { name, ...(description && { description }), etag: etag(changed) }
  }

  private head(path: string): wire.Variable {
    const { updated, ttl, expires } = this.variables.get(path) as Variable
    return {
      name: `${this.config?.name}/variables/${path}`,
      updateTime: formatStamp(updated),
      etag: etag(updated),
      ...(ttl !== undefined && { ttl, expireTime: formatStamp(expires as number) }),
    }
  }

  variableAnswer(path: string): wire.Variable {
    const { kind, contents } = this.variables.get(path) as Variable
    return { ...this.head(path), [kind]: contents }
  }

  waiterAnswer(id: string): wire.Waiter {
    const waiter = this.waiters.get(id) as Waiter
    const { timeout, success, failure, sticky, created, end } = waiter
    const progress = end?.progress ?? pendingProgress(waiter, this.variables).progress
    return {
      name: `${this.config?.name}/waiters/${id}`,
      timeout,
      ...(failure && { failure }),
      success,
      ...(sticky && { sticky }),
      createTime: formatStamp(created),
      progress,
      ...(end && { done: true }),
      ...(end && end.how !== 'success' && { error: errorOf(end.how, progress) }),
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

/** Whether a guard lets change what is there, and has changed at `changed`. */
function meets(guard: Precondition | undefined, changed: number): boolean {
  return !guard?.absent && (!guard?.etags || guard.etags.some((tag) => tag === etag(changed)))
}

function fault(kind: 'notFound' | 'alreadyExists' | 'policyChanged' | 'changed'): Outcome {
  return { ok: false, fault: { kind } }
}
