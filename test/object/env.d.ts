declare namespace Cloudflare {
  interface Env extends Readonly<import('../../src/index.ts').Env> {}
}
