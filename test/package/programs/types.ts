// A program in TypeScript, as a user of the package writes it. It is compiled and never run.
import { Client, ServiceError, type ClientOptions, type Variable } from 'rollcall/client'

const options: ClientOptions = { url: 'http://127.0.0.1:8787', requestTimeout: '5s' }

export async function textOf(name: string): Promise<string | undefined> {
  const client = new Client(options)
  try {
    const { data, status }: { data: Variable; status: number } = await client.variables.get(name)
    return status === 200 ? data.text : undefined
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return undefined
    throw error
  }
}

// @ts-expect-error A client needs to know where the service is: the types are there, and are not all any.
export const nowhere = new Client({})

// @ts-expect-error A variable has no such member.
export type Content = Variable['content']
