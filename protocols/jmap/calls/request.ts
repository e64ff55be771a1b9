import { Refusal } from '#system'
import { accountIdOf } from '../ids.ts'
import type { Needs } from '../capability.ts'
import type { JmapContext, Visitor } from '../context.ts'
import { resolveReferences } from '../json/references.ts'
import { limits } from '../limits.ts'
import { MethodError, methodError, Problem } from './errors.ts'
import type { Registry } from './registry.ts'
import type { CallSession, Invocation, Method } from './method.ts'
import { refuseBeyondRights } from './rights.ts'

export interface Response {
  methodResponses: Invocation[]
  createdIds?: Record<string, string>
  sessionState: string
}

/** Implicit calls that one call may lead to. */
const MOST_IMPLICIT = 4

/**
 * Runs the calls of a Request one after the other. RFC 8620 §3.3 and §3.4.
 * @param raw  I-JSON, not yet checked
 * @throws Problem when the request as a whole is refused
 */
export async function runRequest(
  context: JmapContext,
  registry: Registry,
  visitor: Visitor,
  raw: unknown,
  sessionState: string,
): Promise<Response> {
  const { using: listed, methodCalls, createdIds } = checkRequest(raw)
  const using = new Set(listed)
  for (const uri of using)
    if (!registry.capabilities.has(uri))
      throw new Problem('unknownCapability', 'The Request object used a capability that this server does not support.')
  if (methodCalls.length > limits.maxCallsInRequest)
    throw new Problem('limit', 'The request has more calls than the server processes.', 'maxCallsInRequest')

  const created = new Map(Object.entries(createdIds ?? {}))
  const responses: Invocation[] = []
  for (const call of methodCalls) {
    const pending: Invocation[] = [call]
    for (let done = 0; pending.length > 0 && done <= MOST_IMPLICIT; done++) {
      const [name, args, callId] = pending.shift() as Invocation
      const session = callSession(context, visitor, created, (after, afterArgs) =>
        pending.push([after, afterArgs, callId]),
      )
      const found = registry.methods.get(name)
      const known = found !== undefined && using.has(found.capability) ? found : undefined
      responses.push([...(await answer(session, known, args, responses)), callId])
    }
  }
  return {
    methodResponses: responses,
    ...(createdIds === undefined ? {} : { createdIds: Object.fromEntries(created) }),
    sessionState,
  }
}

/** Runs one method, and puts what it throws into the words of RFC 8620 §3.6.2. */
async function answer(
  session: CallSession,
  known: { method: Method; needs: Needs | undefined } | undefined,
  args: Invocation[1],
  responses: readonly Invocation[],
): Promise<[string, Invocation[1]]> {
  const { log, outage } = session.context
  const method = known?.method
  try {
    if (method === undefined) throw new MethodError('unknownMethod')
    refuseBeyondRights(session.visitor, method.name, known?.needs)
    return [method.name, (await method.run(session, resolveReferences(args, responses))) as Invocation[1]]
  } catch (error) {
    const declined = methodError(error)
    if (declined === undefined) log.error({ err: error, method: method?.name }, 'a JMAP method failed')
    if (error instanceof Refusal && error.reason === 'unavailable') outage.trouble()
    return [
      'error',
      (declined ?? new MethodError('serverFail', 'The server made a mistake; it is in its log.')).toJSON(),
    ]
  }
}

function callSession(
  context: JmapContext,
  visitor: Visitor,
  createdIds: Map<string, string>,
  callAfter: CallSession['callAfter'],
): CallSession {
  return {
    context,
    visitor,
    createdIds,
    openAccount(accountId) {
      if (accountId !== accountIdOf(visitor.accountId)) throw new MethodError('accountNotFound')
      return visitor.account
    },
    realId: (id) => (id.startsWith('#') ? createdIds.get(id.slice(1)) : id),
    callAfter,
  }
}

interface Request {
  using: string[]
  methodCalls: Invocation[]
  createdIds: Record<string, string> | undefined
}

/** By hand: this runs for every request, and says which part is wrong. Unknown properties are ignored (RFC 8620 §3.3). */
function checkRequest(raw: unknown): Request {
  if (!isObject(raw)) throw notRequest('The request is not an object.')
  const { using, methodCalls, createdIds } = raw
  if (!Array.isArray(using) || !using.every((uri) => typeof uri === 'string'))
    throw notRequest('"using" is not a list of strings.')
  if (!Array.isArray(methodCalls) || !methodCalls.every(isInvocation))
    throw notRequest('"methodCalls" is not a list of [name, arguments, call id].')
  if (createdIds !== undefined && !isIdMap(createdIds)) throw notRequest('"createdIds" is not a map of ids.')
  return { using, methodCalls, createdIds }
}

const notRequest = (detail: string): Problem => new Problem('notRequest', detail)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isInvocation = (value: unknown): value is Invocation =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === 'string' &&
  isObject(value[1]) &&
  typeof value[2] === 'string'

const isIdMap = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((id) => typeof id === 'string')
