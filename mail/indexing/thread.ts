/** Indexes in a thread of its own, with connections of its own: an account at a time, as it is told. */
import { parentPort, workerData } from 'node:worker_threads'
import { openStorage } from '#storage'
import { describeError, openLog, type Config } from '#system'
import { indexBatch, type Batch } from './batch.ts'

export interface ThreadData {
  config: Config
  url: string
}

/** What the thread answers to an account's id. An error is told as the log may have it. */
export type Answer = Batch | { error: Record<string, unknown> }

const port = parentPort
if (port !== null) {
  const { config, url } = workerData as ThreadData
  const storage = openStorage(config, url, 'zegel_app', openLog())
  port.on('message', (message: number | 'end') => {
    if (message === 'end') {
      port.close()
      void storage.then((opened) => opened.close()).catch(() => undefined)
      return
    }
    storage
      .then((opened) => indexBatch(opened, message))
      .then(
        (answer: Answer) => port.postMessage(answer),
        (error: unknown) => port.postMessage({ error: describeError(error) } satisfies Answer),
      )
  })
}
