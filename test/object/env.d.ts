declare namespace Cloudflare {
  interface Env extends Readonly<import('../../src/index.ts').Env> {}
}

/** A page, as text. */
declare module '*.md?raw' {
  const text: string
  export default text
}
