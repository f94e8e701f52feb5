import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { buildConsole } from '../src/console/build.ts'

// The Worker serves it.
await buildConsole()

export default defineConfig({
  root: import.meta.dirname,
  test: {
    projects: [
      {
        test: {
          name: 'domain',
          include: [
            'core',
            'http',
            'store',
            'model',
            'client',
            'cli',
            'console',
            'reliability',
            'telemetry',
            'repository',
          ].map((folder) => `${folder}/**/*.test.ts`),
          exclude: ['**/live/**', '**/browser/**'],
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
          include: ['conformance', 'standalone', 'action', 'access', 'client/live', 'cli/live', 'console/live'].map(
            (folder) => `${folder}/**/*.test.ts`,
          ),
          // These wait more than they work, one of them for the better part of a minute.
          maxWorkers: 4,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // The client alone, on every runtime that it is for, and the console in a browser, which is one of them. They are
        // installed when they are first asked for.
        test: {
          name: 'runtimes',
          include: ['runtimes/*.test.ts', 'console/browser/*.test.ts'],
          globalSetup: 'runtimes/install.ts',
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // What is published, as those who install it find it.
        test: {
          name: 'package',
          include: ['package/**/*.test.ts', 'deploy/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
