/** A barrier that keeps nothing: with what the bench makes one, and the Worker remembers it. */
export interface BareBarrier {
  /** Of letters, digits and dashes. */
  readonly id: string
  readonly nodes: number
  /** What a node is answered, behind the id of its frame. */
  readonly answer: string
  /** What those are told who wait. */
  readonly told: string
}
