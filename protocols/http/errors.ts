import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Refusal, type Log, type Reason } from '#system'
import { Problem, type WireContext } from '#protocols/jmap'

/** The one translation of our reasons into HTTP: a status, and a sentence for whoever reads the answer. */
const answers: Record<Reason, [status: ContentfulStatusCode, sentence: string]> = {
  addressClosed: [410, 'The account of that address is closed.'],
  addressFormer: [409, 'The address was somebody else’s once and is not given out again.'],
  addressTaken: [409, 'The address is taken.'],
  addressUnknown: [404, 'There is no such address.'],
  badCredentials: [401, 'Sign in first.'],
  badPattern: [400, 'The pattern is not valid.'],
  cannotCalculateChanges: [409, 'The changes are no longer known.'],
  comeAgain: [503, 'Try again in a few minutes.'],
  dangerousAttachment: [422, 'It holds a program.'],
  domainUnknown: [404, 'There is no such domain.'],
  exists: [409, 'It exists already.'],
  expired: [410, 'The time for this is over.'],
  folderHasChildren: [409, 'The folder has folders in it.'],
  folderHasItems: [409, 'The folder is not empty.'],
  forbidden: [403, 'That is not allowed.'],
  infected: [422, 'It holds a virus.'],
  invalid: [400, 'The request is not valid.'],
  loop: [409, 'The message goes round in circles.'],
  notFound: [404, 'There is nothing here.'],
  notTheirAddress: [403, 'That address is not yours.'],
  overload: [503, 'The server is busy. Try again in a moment.'],
  refused: [403, 'The message is refused.'],
  scannerSilent: [503, 'It cannot be checked for viruses now. Try again later.'],
  tooLarge: [413, 'The request is too large.'],
  tooManyAttempts: [429, 'There were too many attempts. Wait before the next one.'],
  tooManyItems: [409, 'There are too many already.'],
  tooManyRecipients: [413, 'There are too many recipients.'],
  unavailable: [503, 'The server cannot answer right now.'],
}

/** Answers what a handler threw. Neither the answer nor the log repeats anything of the request. */
export function answerError(error: unknown, c: WireContext, log: Log, outage: { trouble(): void }): Response {
  if (error instanceof Problem) return problem(c, error.status, error.toJSON())
  if (hasHungUp(c)) return c.body(null, 400)
  if (!(error instanceof Refusal)) {
    log.error({ err: error }, 'a request failed')
    return sentence(c, 500, 'The server made a mistake; it is in its log.')
  }
  const [status, text] = answers[error.reason]
  if (error.reason === 'unavailable') outage.trouble()
  if (error.retryAfterSeconds !== undefined) c.header('Retry-After', String(error.retryAfterSeconds))
  if (error.reason === 'badCredentials')
    for (const challenge of challenges(c)) c.header('WWW-Authenticate', challenge, { append: true })
  return sentence(c, status, error.fields.length > 0 ? `${text} (${error.fields.join(', ')})` : text)
}

/** Problem details for programs (RFC 7807), a line of text for everyone else. */
export function sentence(c: WireContext, status: ContentfulStatusCode, text: string): Response {
  c.header('Cache-Control', 'no-store')
  if (/^\/(?:jmap\/|\.well-known\/jmap)/.test(c.req.path))
    return problem(c, status, { type: 'about:blank', status, detail: text })
  return c.text(`${text}\n`, status)
}

function problem(c: WireContext, status: ContentfulStatusCode, details: Record<string, unknown>): Response {
  return c.body(JSON.stringify(details), status, { 'Content-Type': 'application/problem+json' })
}

/** A browser that is offered Basic opens a window of its own for the password; a page of ours does that better. */
function challenges(c: WireContext): string[] {
  const isBrowser = c.req.header('sec-fetch-site') !== undefined || c.req.header('x-zegel') !== undefined
  return ['Bearer realm="Zegel"', ...(isBrowser ? [] : ['Basic realm="Zegel", charset="UTF-8"'])]
}

/** Whether the client went away in the middle of its request. */
function hasHungUp({ env: { incoming } }: WireContext): boolean {
  return incoming.errored !== null || (incoming.destroyed && !incoming.complete)
}
