/** Mutants that break the order of calls, or what guards them. */
import type { Mutant } from './mutant.ts'

export const histories: readonly Mutant[] = [
  {
    name: 'etags guard nothing',
    file: 'src/core/write.ts',
    text: '  return precondition?.etags?.includes(etagOf(updated)) ?? true',
    by: '  return precondition?.etags !== null',
    caughtBy: ['linearizable'],
  },
  {
    name: 'If-None-Match lets pass what is there',
    file: 'src/core/write.ts',
    text: '  if (precondition?.absent) return false',
    by: '',
    caughtBy: ['linearizable'],
  },
  {
    name: 'a subtree is what begins alike',
    file: 'src/object/schema.ts',
    text: '[`${root}/`, `${root}0`]',
    by: '[root, `${root}z`]',
    caughtBy: ['linearizable'],
  },
  {
    name: 'reads are answered from a memory of 200 ms',
    file: 'src/object/runtime-config.ts',
    text: '    return this.#commits.read(() => answer(this.#store, query, access))',
    by: '    const key = JSON.stringify(query)\n    const memory = ((this as unknown as { memory?: Map<string, { at: number; outcome: Promise<Outcome> }> }).memory ??= new Map())\n    const known = memory.get(key)\n    if (known && Date.now() - known.at < 200) return known.outcome\n    const outcome = this.#commits.read(() => answer(this.#store, query, access))\n    memory.set(key, { at: Date.now(), outcome })\n    return outcome',
    caughtBy: ['linearizable'],
  },
  {
    name: 'nothing stands in the way of a variable',
    file: 'src/core/write.ts',
    text: "  if (obstacle === 'prefix') return refuse({ kind: 'prefixConflict' })",
    by: '',
    caughtBy: ['linearizable'],
  },
  {
    name: 'etags change with the millisecond',
    file: 'src/core/time.ts',
    text: '  return btoa(String(changed))',
    by: '  return btoa(String(Math.floor(changed / 1000)))',
    caughtBy: ['linearizable'],
  },
  {
    name: 'the writes of a commit are done backwards',
    file: 'src/core/apply.ts',
    text: 'for (const [index, write] of writes.entries()) {',
    by: 'for (const [index, write] of [...writes.entries()].reverse()) {',
    caughtBy: ['linearizable'],
  },
  {
    name: 'a deletion is answered and not done now and then',
    file: 'src/core/write.ts',
    text: '  changes.delete(variable)',
    by: '  if (variable.updated % 7) changes.delete(variable)',
    caughtBy: ['linearizable'],
  },
]
