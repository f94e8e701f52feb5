import type { Event } from '../../src/core/command.ts'

/** An event as the reference tells of it. */
export function describeEvent(event: Event): string {
  switch (event.kind) {
    case 'variable':
      return `${event.variable.path} ${event.state} ${event.stamp}`
    case 'waiterEnded':
      return `${event.waiter.id} ${event.waiter.end?.how} ${event.waiter.end?.at}`
    case 'waiterDeleted':
      return `${event.id} deleted ${event.stamp}`
    case 'configDeleted':
      return `config deleted ${event.stamp}`
    case 'policyChanged':
      return `policy changed ${event.stamp}`
  }
}
