/** What gcloud 528.0.0 answered about waiters, with this server for its endpoint. Each case builds on those before it. */
import type { Measured } from './measured.ts'

export const WAITERS: readonly Measured[] = [
  ['configs create fleet', 0, ''],
  ['configs variables set u here --config-name fleet', 0, ''],
  ['configs waiters list --config-name fleet', 0, ''],
  ['configs waiters create w2 --config-name fleet --timeout 60 --success-cardinality-path /u', 0, ''],
  [
    'configs waiters create w3 --config-name fleet --timeout 60 --success-cardinality-path /ready --failure-cardinality-path /u --format json',
    2,
    `
{
  "atomicName": "projects/demo/configs/fleet/waiters/w3",
  "createTime": "(time)",
  "done": true,
  "error": {
    "code": 10,
    "message": "Failure condition satisfied."
  },
  "failure": {
    "cardinality": {
      "number": 1,
      "path": "/u"
    }
  },
  "name": "w3",
  "success": {
    "cardinality": {
      "number": 1,
      "path": "/ready"
    }
  },
  "timeout": "60s"
}
`,
  ],
  ['configs waiters create w1 --config-name fleet --timeout 1 --success-cardinality-path /ready', 2, ''],
  [
    'configs waiters create w4 --config-name fleet --timeout 60m --success-cardinality-path /ready --success-cardinality-number 3 --async',
    0,
    '',
  ],
  [
    'configs waiters create w5 --config-name fleet --timeout PT5M --success-cardinality-path /ready --async --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/waiters/w5",
  "createTime": "(time)",
  "name": "w5",
  "success": {
    "cardinality": {
      "number": 1,
      "path": "/ready"
    }
  },
  "timeout": "300s"
}
`,
  ],
  [
    'configs waiters create w6 --config-name fleet --timeout 90.5s --success-cardinality-path ready --async --format value(timeout)',
    0,
    '90.500s\n',
  ],
  [
    'configs waiters create w7 --config-name fleet --timeout 1h30m --success-cardinality-path ready --async --format value(timeout)',
    0,
    '5400s\n',
  ],
  [
    'configs waiters create w8 --config-name fleet --timeout 1H --success-cardinality-path ready --async --format value(timeout)',
    0,
    '3600s\n',
  ],
  [
    'configs waiters create w9 --config-name fleet --timeout 90500ms --success-cardinality-path ready --async --format value(timeout)',
    0,
    '90.500s\n',
  ],
  ['configs waiters create wa --config-name fleet --timeout 2min --success-cardinality-path ready --async', 2, ''],
  [
    'configs waiters create wa --config-name fleet --timeout "5 minutes" --success-cardinality-path ready --async',
    2,
    '',
  ],
  ['configs waiters create wa --config-name fleet --timeout 1d --success-cardinality-path ready --async', 2, ''],
  ['configs waiters create wa --config-name fleet --timeout 0 --success-cardinality-path ready --async', 2, ''],
  [
    'configs waiters create wa --config-name fleet --timeout 1m --success-cardinality-path ready --success-cardinality-number 0',
    2,
    '',
  ],
  ['configs waiters create wa --config-name fleet --timeout 1m', 2, ''],
  ['configs waiters create w4 --config-name fleet --timeout 60m --success-cardinality-path /ready', 1, ''],
  [
    'configs waiters list --config-name fleet',
    0,
    `
NAME  CREATE_TIME          WAITER_STATUS  MESSAGE
w1    (time)  TIMEOUT        Timeout expired.
w2    (time)  SUCCESS
w3    (time)  FAILURE        Failure condition satisfied.
w4    (time)  WAITING
w5    (time)  WAITING
w6    (time)  WAITING
w7    (time)  WAITING
w8    (time)  WAITING
w9    (time)  WAITING
`,
  ],
  [
    'configs waiters list --config-name fleet --format json',
    0,
    `
[
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w1",
    "createTime": "(time)",
    "done": true,
    "error": {
      "code": 4,
      "message": "Timeout expired."
    },
    "name": "w1",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "/ready"
      }
    },
    "timeout": "1s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w2",
    "createTime": "(time)",
    "done": true,
    "name": "w2",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "/u"
      }
    },
    "timeout": "60s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w3",
    "createTime": "(time)",
    "done": true,
    "error": {
      "code": 10,
      "message": "Failure condition satisfied."
    },
    "failure": {
      "cardinality": {
        "number": 1,
        "path": "/u"
      }
    },
    "name": "w3",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "/ready"
      }
    },
    "timeout": "60s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w4",
    "createTime": "(time)",
    "name": "w4",
    "success": {
      "cardinality": {
        "number": 3,
        "path": "/ready"
      }
    },
    "timeout": "3600s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w5",
    "createTime": "(time)",
    "name": "w5",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "/ready"
      }
    },
    "timeout": "300s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w6",
    "createTime": "(time)",
    "name": "w6",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "ready"
      }
    },
    "timeout": "90.500s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w7",
    "createTime": "(time)",
    "name": "w7",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "ready"
      }
    },
    "timeout": "5400s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w8",
    "createTime": "(time)",
    "name": "w8",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "ready"
      }
    },
    "timeout": "3600s"
  },
  {
    "atomicName": "projects/demo/configs/fleet/waiters/w9",
    "createTime": "(time)",
    "name": "w9",
    "success": {
      "cardinality": {
        "number": 1,
        "path": "ready"
      }
    },
    "timeout": "90.500s"
  }
]
`,
  ],
  [
    'configs waiters list --config-name fleet --format value(name,done,error.code)',
    0,
    `
w1	True	4
w2	True	
w3	True	10
w4		
w5		
w6		
w7		
w8		
w9		
`,
  ],
  [
    'configs waiters list --config-name fleet --filter done=true --format value(name)',
    0,
    `
w1
w2
w3
`,
  ],
  ['configs waiters list --config-name fleet --filter error.code=4 --format value(name)', 0, 'w1\n'],
  [
    'configs waiters list --config-name fleet --filter error.code!=4 --format value(name)',
    0,
    `
w2
w3
w4
w5
w6
w7
w8
w9
`,
  ],
  [
    'configs waiters describe w1 --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/waiters/w1
createTime: '(time)'
done: true
error:
  code: 4
  message: Timeout expired.
name: w1
success:
  cardinality:
    number: 1
    path: /ready
timeout: 1s
`,
  ],
  [
    'configs waiters describe w4 --config-name fleet --format json',
    0,
    `
{
  "atomicName": "projects/demo/configs/fleet/waiters/w4",
  "createTime": "(time)",
  "name": "w4",
  "success": {
    "cardinality": {
      "number": 3,
      "path": "/ready"
    }
  },
  "timeout": "3600s"
}
`,
  ],
  ['configs waiters describe nope --config-name fleet', 1, ''],
  [
    'configs waiters wait w1 --config-name fleet',
    2,
    `
atomicName: projects/demo/configs/fleet/waiters/w1
createTime: '(time)'
done: true
error:
  code: 4
  message: Timeout expired.
name: w1
success:
  cardinality:
    number: 1
    path: /ready
timeout: 1s
`,
  ],
  [
    'configs waiters wait w2 --config-name fleet',
    0,
    `
atomicName: projects/demo/configs/fleet/waiters/w2
createTime: '(time)'
done: true
name: w2
success:
  cardinality:
    number: 1
    path: /u
timeout: 60s
`,
  ],
  [
    'configs waiters wait w3 --config-name fleet --format json',
    2,
    `
{
  "atomicName": "projects/demo/configs/fleet/waiters/w3",
  "createTime": "(time)",
  "done": true,
  "error": {
    "code": 10,
    "message": "Failure condition satisfied."
  },
  "failure": {
    "cardinality": {
      "number": 1,
      "path": "/u"
    }
  },
  "name": "w3",
  "success": {
    "cardinality": {
      "number": 1,
      "path": "/ready"
    }
  },
  "timeout": "60s"
}
`,
  ],
  ['configs waiters wait w4 --config-name fleet --max-wait 1s', 1, ''],
  ['configs waiters wait nope --config-name fleet', 1, ''],
  ['configs waiters delete w4 --config-name fleet', 0, ''],
  ['configs waiters delete w4 --config-name fleet', 1, ''],
  ['configs waiters delete w5 --config-name fleet --format json', 0, '[]\n'],
  ['configs delete fleet', 0, ''],
  ['configs list --filter name=fleet', 0, ''],
]
