/** When the server was up, in milliseconds since 1970: what is due while it is down can wait no longer than that. */
export class Uptime {
  readonly #spans: { from: number; to: number }[] = []

  /** It answers from now on. */
  up(at = Date.now()): void {
    this.#spans.push({ from: at, to: Infinity })
  }

  /** It is gone. */
  down(at = Date.now()): void {
    const last = this.#spans.at(-1)
    if (last) last.to = at
  }

  /** Whether it went down between two moments. */
  fellBetween(from: number, to: number): boolean {
    return this.#spans.some((span) => span.to >= from && span.to <= to)
  }

  /** For how long it was up between two moments; 0 if the second is the earlier. */
  between(from: number, to: number): number {
    const lengths = this.#spans.map((span) => Math.min(span.to, to) - Math.max(span.from, from))
    return lengths.reduce((sum, length) => sum + Math.max(0, length), 0)
  }
}
