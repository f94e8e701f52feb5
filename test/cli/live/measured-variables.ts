/** What gcloud 528.0.0 answered about variables, with this server for its endpoint. Each case builds on those before it. */
import type { Measured } from './measured.ts'

export const VARIABLES: readonly Measured[] = [
  ['configs create fleet', 0, ''],
  ['configs variables list --config-name fleet', 0, ''],
  ['configs variables list --config-name fleet --format json', 0, '[]\n'],
  ['configs variables list --config-name fleet --format yaml', 0, ''],
  ['configs variables list --config-name nope', 1, ''],
  ['configs variables list', 2, ''],
  ['configs variables set ready/n1 here --config-name fleet --is-text', 0, ''],
  [
    'configs variables set ready/n1 here --config-name fleet --is-text --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/variables/ready/n1",
  "name": "ready/n1",
  "state": "UPDATED",
  "text": "here",
  "updateTime": "(time)"
}
`,
  ],
  [
    'configs variables set ready/n2 here --config-name fleet --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/variables/ready/n2",
  "name": "ready/n2",
  "updateTime": "(time)",
  "value": "aGVyZQ=="
}
`,
  ],
  [
    'configs variables set ready/n2 here --config-name fleet --format yaml',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/ready/n2
name: ready/n2
state: UPDATED
updateTime: '(time)'
value: aGVyZQ==
`,
  ],
  ['configs variables set in --config-name fleet', 0, '', 'from stdin\n'],
  ['configs variables set in2 --config-name fleet --is-text', 0, '', 'a\nb'],
  ['configs variables set u é --config-name fleet', 0, ''],
  ['configs variables set n -5 --config-name fleet', 0, ''],
  ["configs variables set e '' --config-name fleet --is-text", 0, ''],
  ['configs variables set bin --config-name fleet --is-text', 1, '', '\xff\x00'],
  ['configs variables get-value in --config-name fleet', 0, 'from stdin\n'],
  ['configs variables get-value u --config-name fleet', 0, 'é'],
  ['configs variables get-value e --config-name fleet', 0, ''],
  ['configs variables get-value /ready/n1 --config-name fleet', 0, 'here'],
  ['configs variables get-value ready/n1', 2, ''],
  ['configs variables get-value nope --config-name fleet', 1, ''],
  [
    'configs variables get-value ready/n1 --config-name fleet --format json',
    0,
    `
{
  "name": "projects/demo/configs/fleet/variables/ready/n1",
  "text": "here",
  "updateTime": "(time)"
}
`,
  ],
  [
    'configs variables get-value ready/n2 --config-name fleet --format yaml',
    0,
    `
name: projects/demo/configs/fleet/variables/ready/n2
updateTime: '(time)'
value: aGVyZQ==
`,
  ],
  [
    'configs variables describe ready/n1 --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/ready/n1
name: ready/n1
text: here
updateTime: '(time)'
value: here
`,
  ],
  [
    'configs variables describe ready/n1 --config-name fleet --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/variables/ready/n1",
  "name": "ready/n1",
  "text": "here",
  "updateTime": "(time)",
  "value": "here"
}
`,
  ],
  [
    'configs variables describe in --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/in
name: in
updateTime: '(time)'
value: |
  from stdin
`,
  ],
  [
    'configs variables describe in2 --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/in2
name: in2
text: |-
  a
  b
updateTime: '(time)'
value: |-
  a
  b
`,
  ],
  [
    'configs variables describe u --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/u
name: u
updateTime: '(time)'
value: é
`,
  ],
  [
    'configs variables describe n --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/n
name: n
updateTime: '(time)'
value: '-5'
`,
  ],
  [
    'configs variables describe e --config-name fleet --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/variables/e",
  "name": "e",
  "text": "",
  "updateTime": "(time)",
  "value": ""
}
`,
  ],
  ['configs variables describe e --config-name fleet --format value(name,text)', 0, 'e\t\n'],
  ['configs variables set ready/n1 x --config-name fleet --fail-if-present', 1, ''],
  ['configs variables set nope x --config-name fleet --fail-if-absent', 1, ''],
  ['configs variables set nope x --config-name fleet --fail-if-absent --fail-if-present', 2, ''],
  ['configs variables set "bad name" x --config-name fleet', 1, ''],
  ['configs variables set', 2, ''],
  ['configs variables set a b c --config-name fleet', 2, ''],
  [
    'configs variables list --config-name fleet --format value(name)',
    0,
    `
e
in
in2
n
ready/n1
ready/n2
u
`,
  ],
  [
    'configs variables list --config-name fleet',
    0,
    `
NAME      UPDATE_TIME
e         (time)
in        (time)
in2       (time)
n         (time)
ready/n1  (time)
ready/n2  (time)
u         (time)
`,
  ],
  [
    'configs variables list --config-name fleet --values --filter name:ready/*',
    0,
    `
NAME      UPDATE_TIME                     VALUE
ready/n1  (time)  here
ready/n2  (time)  here
`,
  ],
  [
    'configs variables list --config-name fleet --values --format json',
    0,
    `
[
  {
    "atomicName": "projects/demo/configs/fleet/variables/e",
    "name": "e",
    "text": "",
    "updateTime": "(time)",
    "value": ""
  },
  {
    "atomicName": "projects/demo/configs/fleet/variables/in",
    "name": "in",
    "updateTime": "(time)",
    "value": "from stdin\\n"
  },
  {
    "atomicName": "projects/demo/configs/fleet/variables/in2",
    "name": "in2",
    "text": "a\\nb",
    "updateTime": "(time)",
    "value": "a\\nb"
  },
  {
    "atomicName": "projects/demo/configs/fleet/variables/n",
    "name": "n",
    "updateTime": "(time)",
    "value": "-5"
  },
  {
    "atomicName": "projects/demo/configs/fleet/variables/ready/n1",
    "name": "ready/n1",
    "text": "here",
    "updateTime": "(time)",
    "value": "here"
  },
  {
    "atomicName": "projects/demo/configs/fleet/variables/ready/n2",
    "name": "ready/n2",
    "updateTime": "(time)",
    "value": "here"
  },
  {
    "atomicName": "projects/demo/configs/fleet/variables/u",
    "name": "u",
    "updateTime": "(time)",
    "value": "é"
  }
]
`,
  ],
  [
    'configs variables list --config-name fleet --values --format yaml',
    0,
    `
---
atomicName: projects/demo/configs/fleet/variables/e
name: e
text: ''
updateTime: '(time)'
value: ''
---
atomicName: projects/demo/configs/fleet/variables/in
name: in
updateTime: '(time)'
value: |
  from stdin
---
atomicName: projects/demo/configs/fleet/variables/in2
name: in2
text: |-
  a
  b
updateTime: '(time)'
value: |-
  a
  b
---
atomicName: projects/demo/configs/fleet/variables/n
name: n
updateTime: '(time)'
value: '-5'
---
atomicName: projects/demo/configs/fleet/variables/ready/n1
name: ready/n1
text: here
updateTime: '(time)'
value: here
---
atomicName: projects/demo/configs/fleet/variables/ready/n2
name: ready/n2
updateTime: '(time)'
value: here
---
atomicName: projects/demo/configs/fleet/variables/u
name: u
updateTime: '(time)'
value: é
`,
  ],
  ['configs variables list --config-name fleet --filter name=READY/n1 --format value(name)', 0, 'ready/n1\n'],
  [
    'configs variables list --config-name fleet --filter "name != ready/n1" --format value(name)',
    0,
    `
e
in
in2
n
ready/n2
u
`,
  ],
  [
    'configs variables list --config-name fleet --filter "name~^ready AND name!~2$" --format value(name)',
    0,
    'ready/n1\n',
  ],
  ['configs variables list --config-name fleet --filter "name=nope" --format json', 0, '[]\n'],
  ['configs variables list --config-name fleet --filter "name=nope"', 0, ''],
  [
    'configs variables list --config-name fleet --format "table(name,text)"',
    0,
    `
NAME      TEXT
e
in
in2
n
ready/n1
ready/n2
u
`,
  ],
  [
    'configs variables list --config-name fleet --format "table[no-heading](name)"',
    0,
    `
e
in
in2
n
ready/n1
ready/n2
u
`,
  ],
  ['configs variables list --config-name fleet --format none', 0, ''],
  [
    'configs variables list --config-name fleet --page-size 1 --limit 2 --format value(name)',
    0,
    `
e
in
`,
  ],
  [
    'configs variables list --config-name fleet --sort-by ~name,updateTime --format value(name)',
    0,
    `
u
ready/n2
ready/n1
n
in2
in
e
`,
  ],
  [
    'configs variables watch ready/n1 --config-name fleet --newer-than 2020-01-01T00:00:00Z',
    0,
    `
atomicName: projects/demo/configs/fleet/variables/ready/n1
name: ready/n1
state: UPDATED
text: here
updateTime: '(time)'
`,
  ],
  [
    'configs variables watch ready/n2 --config-name fleet --newer-than 2020-01-01 --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/variables/ready/n2",
  "name": "ready/n2",
  "state": "UPDATED",
  "updateTime": "(time)",
  "value": "aGVyZQ=="
}
`,
  ],
  ['configs variables watch nope --config-name fleet --newer-than 2020-01-01', 1, ''],
  ['configs variables watch u --config-name fleet --max-wait 61', 2, ''],
  ['configs variables watch u --config-name fleet --max-wait 0.5', 2, ''],
  ['configs variables watch u --config-name fleet --max-wait 1x', 2, ''],
  ['configs variables watch u --config-name fleet --newer-than rubbish', 2, ''],
  ['configs variables unset ready --config-name fleet', 0, ''],
  ['configs variables unset ready --config-name fleet --fail-if-absent', 1, ''],
  ['configs variables unset in --config-name fleet', 0, ''],
  ['configs variables unset in --config-name fleet --format json', 0, '[]\n'],
  ['configs variables unset ready --config-name fleet --recursive', 0, ''],
  ['configs variables bogus', 2, ''],
]
