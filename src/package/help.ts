/** `npm run help`: says what each script of package.json is for. */

/** A line for each script, in the order in which one meets them. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  help: 'says what each script is for',
  start: 'runs the server on this machine',
  demo: 'shows a roll call of five nodes, and one that fails',
  rollcall: 'runs the command line from its sources',
  dev: 'runs the Worker under wrangler dev, open to this machine',
  deploy: 'deploys the Worker to Cloudflare; -- --dry-run only bundles it',
  check: 'format, lint, types and tests: what must pass before a change lands',
  'check:format': 'says what is not formatted',
  'check:lint': 'says what the linter finds',
  'check:types': 'compiles everything, and writes nothing',
  'check:package': 'packs it: what is wrong with the package, and what the client weighs',
  test: 'the tests alone; -- --project domain for those without a server',
  'test:clients': "Google's client for Node.js, in the package of its own",
  format: 'puts the format right',
  build: 'makes dist/, what the package brings',
  prepack: 'is run by npm pack, and builds',
  soak: 'the suites of test/reliability/; -- crash --seed 42 --short for one',
  mutants: 'breaks the code, and looks whether the suites notice',
  bench: 'the table of measurements; -- --quick for rough ones',
  'bench:peers': 'beside etcd, ZooKeeper and Redis, as far as these are installed',
  screenshots: 'takes the pictures of the console anew',
  updates: 'says what is outdated, and what is known to be vulnerable',
}

/** The table as it is printed. */
export function table(): string {
  const width = Math.max(...Object.keys(SCRIPTS).map((name) => name.length))
  return Object.entries(SCRIPTS)
    .map(([name, text]) => `  npm run ${name.padEnd(width)}  ${text}\n`)
    .join('')
}

if (import.meta.main) process.stdout.write(table())
