/** Verifies letters in a thread of its own, several at a time: most of it is waiting for name servers. */
import { parentPort, workerData } from 'node:worker_threads'
import { describeError } from '#system'
import { authenticate, type Asked, type Authenticated } from './authenticate.ts'
import { openLookUp } from './look-up.ts'

export interface ThreadData {
  /** Name servers to ask. */
  servers: readonly string[]
  hostname: string
}

export interface Question {
  number: number
  content: Uint8Array
  asked: Asked
}

/** An error is told as the log may have it. */
export type Answer =
  | { number: number; authenticated: Authenticated }
  | { number: number; error: Record<string, unknown> }

const port = parentPort
if (port !== null) {
  const { servers, hostname } = workerData as ThreadData
  const lookUps = openLookUp(servers)
  port.on('message', ({ number, content, asked }: Question) => {
    authenticate(
      Buffer.from(content.buffer, content.byteOffset, content.length),
      asked,
      hostname,
      lookUps.forLetter(),
    ).then(
      (authenticated) => port.postMessage({ number, authenticated } satisfies Answer),
      (error: unknown) => port.postMessage({ number, error: describeError(error) } satisfies Answer),
    )
  })
}
