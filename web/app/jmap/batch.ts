import { Failure } from './failure.ts'
import type { Method, Methods, ResultReference } from './types.ts'

/** One method call under way: a promise of its response, which later calls of the same tick can point into. */
export type Call<M extends Method> = Promise<Methods[M]['result']> & {
  /** A reference to part of the response, for an argument whose name begins with "#". RFC 8620 §3.7. */
  ref(path: string): ResultReference
}

export type Invocation = [name: string, args: object, callId: string]

interface Waiting {
  invocation: Invocation
  /** Ids of the earlier calls this one refers to. */
  needs: string[]
  resolve(result: object): void
  reject(error: unknown): void
}

export interface Batch {
  call<M extends Method>(name: M, args: Methods[M]['args']): Call<M>
}

/**
 * Collects the calls of one tick and sends them as one request.
 * @param post      sends the calls of one request and gives its responses
 * @param maxCalls  most calls one request may carry (maxCallsInRequest)
 * @param complete  adds what every call needs, as its accountId
 */
export function createBatch(
  post: (calls: Invocation[]) => Promise<Invocation[]>,
  maxCalls: () => number,
  complete: (args: object) => object,
): Batch {
  let waiting: Waiting[] = []
  let lastId = 0

  function flush(): void {
    const calls = waiting
    waiting = []
    for (const part of parts(calls, maxCalls())) void deliver(part)
  }

  async function deliver(part: Waiting[]): Promise<void> {
    try {
      const responses = await post(part.map((one) => one.invocation))
      for (const one of part) settle(one, responses)
    } catch (error) {
      for (const one of part) one.reject(error)
    }
  }

  return {
    call<M extends Method>(name: M, args: Methods[M]['args']): Call<M> {
      const id = `c${lastId++}`
      const promise = new Promise<object>((resolve, reject) => {
        if (waiting.length === 0) queueMicrotask(flush)
        waiting.push({ invocation: [name, complete(args), id], needs: references(args), resolve, reject })
      })
      return Object.assign(promise as Promise<Methods[M]['result']>, {
        ref: (path: string): ResultReference => ({ resultOf: id, name, path }),
      })
    },
  }
}

function settle(one: Waiting, responses: Invocation[]): void {
  const [name, , id] = one.invocation
  const response = responses.find((response) => response[2] === id && (response[0] === name || response[0] === 'error'))
  if (!response) one.reject(new Failure('declined', 'noResponse'))
  else if (response[0] === 'error') one.reject(failureOf(response[1]))
  else one.resolve(response[1])
}

/** A method error, RFC 8620 §3.6.2. */
function failureOf(body: object): Failure {
  const { type, description } = body as { type?: unknown; description?: unknown }
  return new Failure(
    'declined',
    typeof type === 'string' ? type : 'serverFail',
    typeof description === 'string' ? description : '',
  )
}

function references(args: object): string[] {
  return Object.entries(args)
    .filter(([key]) => key.startsWith('#'))
    .map(([, value]) => (value as ResultReference).resultOf)
}

/** Splits calls into requests of at most `size`, never between a call and one that refers to it where that fits. */
export function parts(calls: Waiting[], size: number): Waiting[][] {
  const chains: Waiting[][] = []
  for (const one of calls) {
    const home = chains.find((chain) => chain.some((earlier) => one.needs.includes(earlier.invocation[2])))
    if (home) home.push(one)
    else chains.push([one])
  }
  const requests: Waiting[][] = []
  for (const chain of chains) {
    const last = requests.at(-1)
    if (last && last.length + chain.length <= size) last.push(...chain)
    else requests.push([...chain])
  }
  return requests
}
