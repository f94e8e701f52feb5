/** Mutants of what streams are told. */
import type { Mutant } from './mutant.ts'

export const streams: readonly Mutant[] = [
  {
    name: 'a stream resumes with the stamp instead of behind it',
    file: 'src/object/sql-store.ts',
    text: 'WHERE updated > ? AND (path = ?',
    by: 'WHERE updated >= ? AND (path = ?',
    caughtBy: ['streams'],
  },
  {
    name: 'recursive deletions are not remembered',
    file: 'src/object/sql-store.ts',
    text: '    this.deletions.addSubtree(root, removed, stamp)',
    by: '',
    caughtBy: ['streams'],
  },
  {
    name: 'a commit is told change by change',
    file: 'src/object/sockets.ts',
    text: 'of Map.groupBy(told, ({ stamp }) => stamp)) {',
    by: 'of told.map((one) => [one.stamp, [one]] as const)) {',
    caughtBy: ['streams'],
  },
]
