// A program in plain JavaScript, as a user of the package writes it: checks in at the server that it is told of.
import { Client } from 'rollcall/client'

const [url, fleet] = process.argv.slice(2)
const client = new Client({ url })
const config = `projects/package/configs/${fleet}`
await client.configs.create({ name: config })
const waiter = `${config}/waiters/all`
await client.waiters.create({
  name: waiter,
  timeout: '30s',
  success: { cardinality: { path: '/ready', number: 1 } },
})
const waiting = client.wait(waiter, { timeout: '20s' })
await client.variables.create({ name: `${config}/variables/ready/one`, text: 'here' })
const { label } = await waiting
const { data } = await client.waiters.get(waiter)
console.log(JSON.stringify({ label, done: data.done }))
