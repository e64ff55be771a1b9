/** Examines letters in a thread of its own, several at a time: most of it is waiting for name servers. */
import { parentPort, workerData } from 'node:worker_threads'
import { authenticate, blockListsWith, openLookUp, type Asked } from '#mail/authentication'
import { describeError, openTurns } from '#system'
import { examineContents, type Contents } from './contents.ts'
import type { Origin } from './start.ts'

export interface ThreadData {
  /** Name servers to ask. */
  servers: readonly string[]
  hostname: string
  blockLists: readonly string[]
  /** Whether marks of senders are asked for. */
  withIndicators: boolean
}

export interface Question {
  number: number
  content: Uint8Array
  /** Who brings it, where it is to be found out whether they may. */
  asked: Asked | undefined
}

/** What it holds is told at once, and where it comes from when name servers have answered. An error is told as the log may have it. */
export type Answer = { number: number } & (
  | { contents: Contents }
  | { origin: Origin | undefined }
  | { error: Record<string, unknown> }
)

/** Letters whose senders are asked about at a time. */
const AT_ONCE = 256

const port = parentPort
if (port !== null) {
  const { servers, hostname, blockLists, withIndicators } = workerData as ThreadData
  const lookUps = openLookUp(servers)
  const inTurn = openTurns(AT_ONCE)

  const examine = async ({ number, content, asked }: Question): Promise<void> => {
    const tell = (answer: Answer): void => port.postMessage(answer)
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
    tell({ number, contents: examineContents(bytes) })
    tell({ number, origin: asked && (await inTurn(() => findOrigin(bytes, asked))) })
  }
  const findOrigin = async (bytes: Buffer, asked: Asked): Promise<Origin> => {
    const lookUp = lookUps.forLetter()
    const [authenticated, listedBy] = await Promise.all([
      authenticate(bytes, asked, hostname, lookUp, withIndicators),
      blockListsWith(asked.clientAddress, blockLists, lookUp),
    ])
    return { authenticated, listedBy }
  }
  port.on('message', (question: Question) => {
    examine(question).catch((error: unknown) =>
      port.postMessage({ number: question.number, error: describeError(error) } satisfies Answer),
    )
  })
}
