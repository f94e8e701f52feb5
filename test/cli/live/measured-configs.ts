/** What gcloud 528.0.0 answered about configs, with this server for its endpoint. Each case builds on those before it. */
import type { Measured } from './measured.ts'

export const CONFIGS: readonly Measured[] = [
  ['configs list', 0, ''],
  ['configs list --format json', 0, '[]\n'],
  ['configs create fleet --description "two nodes"', 0, ''],
  ['configs create fleet', 1, ''],
  [
    'configs create plain --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/plain",
  "name": "plain"
}
`,
  ],
  [
    'configs list',
    0,
    `
NAME   DESCRIPTION
fleet  two nodes
plain
`,
  ],
  [
    'configs list --format yaml',
    0,
    `
---
atomicName: projects/demo/configs/fleet
description: two nodes
name: fleet
---
atomicName: projects/demo/configs/plain
name: plain
`,
  ],
  [
    'configs list --format json',
    0,
    `
[
  {
    "atomicName": "projects/demo/configs/fleet",
    "description": "two nodes",
    "name": "fleet"
  },
  {
    "atomicName": "projects/demo/configs/plain",
    "name": "plain"
  }
]
`,
  ],
  [
    'configs list --format value(name,description)',
    0,
    `
fleet	two nodes
plain	
`,
  ],
  [
    'configs describe fleet',
    0,
    `
atomicName: projects/demo/configs/fleet
description: two nodes
name: fleet
`,
  ],
  [
    'configs describe fleet --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet",
  "description": "two nodes",
  "name": "fleet"
}
`,
  ],
  ['configs describe nope', 1, ''],
  ['configs update fleet', 2, ''],
  [
    'configs update fleet --description x --format yaml',
    0,
    `
atomicName: projects/demo/configs/fleet
description: x
name: fleet
`,
  ],
  ['configs update nope --description x', 1, ''],
  [
    'configs list --sort-by ~name --format value(name)',
    0,
    `
plain
fleet
`,
  ],
  ['configs list --limit 1 --format value(name)', 0, 'fleet\n'],
  ['configs list --limit 0', 2, ''],
  ['configs list --bogus', 2, ''],
  ['configs list extra', 2, ''],
  ['configs', 2, ''],
  ['configs bogus', 2, ''],
  ['configs list --format bogus', 1, ''],
  ['configs list --project another', 0, ''],
  ['configs describe projects/nobody/configs/fleet', 1, ''],
  ['configs delete plain', 0, ''],
  ['configs delete plain', 1, ''],
  ['configs delete nope --format json', 1, ''],
]
