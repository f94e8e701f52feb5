import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  test: {
    projects: [
      {
        test: {
          name: 'domain',
          include: ['core', 'http', 'store', 'model', 'cli'].map((folder) => `${folder}/**/*.test.ts`),
        },
      },
      {
        // Inside workerd, with the Worker's own configuration.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: '../wrangler.toml' },
            miniflare: {
              bindings: { ROLLCALL_WATCH_SECONDS: '3', ROLLCALL_INSECURE_OPEN: 'true' },
              // A limit that a test can reach; the Worker's own is out of reach for all of them.
              ratelimits: { SMALL_RATE_LIMIT: { namespace_id: '2', simple: { limit: 3, period: 60 } } },
            },
          }),
        ],
        test: { name: 'object', include: ['object/**/*.test.ts'], setupFiles: ['object/setup.ts'] },
      },
      {
        // Against `npm start`, as a client sees it.
        test: {
          name: 'server',
          include: ['conformance/**/*.test.ts', 'standalone/**/*.test.ts', 'access/**/*.test.ts'],
          // These wait more than they work, one of them for the better part of a minute.
          maxWorkers: 4,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
})
