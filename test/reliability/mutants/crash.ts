/** Mutants that show when the real server is killed. */
import type { Mutant } from './mutant.ts'

export const crash: readonly Mutant[] = [
  {
    name: 'a waiter that has ended is judged again',
    file: 'src/object/sql-store.ts',
    text: '    this.#waiters.end(waiter)\n    this.#counters.unwatch(waiter.id, atomsOfWaiter(formulasOf(waiter)))',
    by: '    this.#waiters.end(waiter)',
    caughtBy: ['crash'],
  },
  {
    name: 'the object does not arm itself',
    file: 'src/object/runtime-config.ts',
    text: 'beforeCommit: () => this.#arm(),',
    by: 'beforeCommit: () => {},',
    caughtBy: ['crash'],
  },
  {
    name: 'counters are found by string prefix',
    file: 'src/core/counter.ts',
    text: '[path, ...rootsOf(path).map(placeUnder)]',
    by: '[path, ...Array.from(path, (_, end) => placeUnder(path.slice(0, end)))]',
    caughtBy: ['crash'],
  },
  {
    name: 'deadlines are 50 ms early',
    file: 'src/core/waiter.ts',
    text: 'deadline: created + spanMicros(spec.timeout) }',
    by: 'deadline: created + spanMicros(spec.timeout) - 50_000 }',
    caughtBy: ['crash'],
  },
  {
    name: 'nothing is due when a variable expires',
    file: 'src/object/sql-store.ts',
    text: '      UNION ALL SELECT min(expires) FROM variables WHERE expires IS NOT NULL',
    by: '',
    caughtBy: ['crash'],
  },
  {
    name: 'a callback is not written in the transaction',
    file: 'src/object/sql-store.ts',
    text: '    this.#dueAt(this.callbacks.add(callback, this.#stamp))',
    by: '    setTimeout(() => this.#dueAt(this.callbacks.add(callback, this.#stamp)), 20)',
    caughtBy: ['crash'],
  },
  {
    name: 'the directory is not told',
    file: 'src/core/apply.ts',
    text: '  store.tellDirectory({ config: config.name, stamp })',
    by: '',
    caughtBy: ['crash'],
  },
  {
    name: 'the alarm does not flush the outbox',
    file: 'src/object/runtime-config.ts',
    text: '      await this.#outbox.flush()\n      await this.#callbacks.resume()',
    by: '      await this.#callbacks.resume()',
    caughtBy: ['crash'],
  },
]
