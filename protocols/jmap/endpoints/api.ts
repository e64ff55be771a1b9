import { Refusal } from '#system'
import { Problem } from '../calls/errors.ts'
import type { Gate } from '../calls/gate.ts'
import type { Registry } from '../calls/registry.ts'
import { runRequest, type Response as JmapResponse } from '../calls/request.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { NotIJson, parseIJson, writeIJson } from '../json/ijson.ts'
import { limits } from '../limits.ts'
import { readBody } from './body.ts'
import type { Sessions } from './session.ts'

/** Processes Requests, whichever wire they come over. */
export interface Api {
  /** @param read  gives the Request's bytes once its turn has come. @throws Problem */
  process(visitor: Visitor, read: () => Promise<unknown>): Promise<JmapResponse>
}

export function openApi(context: JmapContext, registry: Registry, sessions: Sessions, gate: Gate): Api {
  return {
    async process(visitor, read) {
      const leave = await gate.enter(visitor.accountId).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error
        throw new Problem('limit', 'There are too many requests at the same time.', 'maxConcurrentRequests')
      })
      try {
        const raw = await read()
        return await runRequest(context, registry, visitor, raw, await sessions.state(visitor))
      } finally {
        leave()
      }
    },
  }
}

/** Answers POST of the API URL. RFC 8620 §3.1. @throws Problem */
export async function answerApi(api: Api, visitor: Visitor, c: WireContext): Promise<Response> {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? ''))
    throw new Problem('notJSON', 'The content type of the request is not application/json.')
  const response = await api.process(visitor, async () => parseRequest(await readRequest(c)))
  return c.body(writeIJson(response), 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
}

async function readRequest(c: WireContext): Promise<Buffer> {
  try {
    return await readBody(c.env.incoming, limits.maxSizeRequest)
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'tooLarge')
      throw new Problem('limit', 'The request is larger than the server processes.', 'maxSizeRequest')
    throw error
  }
}

/** @throws Problem 'notJSON' */
export function parseRequest(bytes: Uint8Array | string): unknown {
  try {
    return parseIJson(bytes)
  } catch (error) {
    if (error instanceof NotIJson) throw new Problem('notJSON', error.message)
    throw error
  }
}
