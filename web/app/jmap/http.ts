import { Failure } from './failure.ts'

/** Cookie requests that change anything carry this header; a page of another origin cannot send it. */
const ours = { 'X-Zegel': '1' }

/** A request made while the page is left must outlive it; browsers allow that for 64 KiB at a time. */
const mostWhenLeaving = 60_000
let leaving = false
addEventListener('pagehide', () => (leaving = true))
addEventListener('pageshow', () => (leaving = false))

/**
 * Fetches from our own server with the session cookie.
 * @throws Failure 'offline' when nothing answers or the server is being restarted (502 to 504), 'signedOut' on 401,
 *         'declined' with the problem type or status on any other refusal
 */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, {
      ...init,
      credentials: 'same-origin',
      keepalive: leaving && typeof init.body === 'string' && init.body.length < mostWhenLeaving,
      headers: { ...ours, ...(init.headers as Record<string, string> | undefined) },
    })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Failure('offline')
  }
  if (response.ok) return response
  if (response.status === 401) throw new Failure('signedOut')
  if (response.status >= 502 && response.status <= 504) throw new Failure('offline')
  throw new Failure('declined', await problemType(response))
}

/** The last part of the problem's type, as in urn:ietf:params:jmap:error:limit (RFC 8620 §3.6.1), or the status. */
async function problemType(response: Response): Promise<string> {
  try {
    const problem: unknown = await response.json()
    if (problem && typeof problem === 'object' && 'type' in problem && typeof problem.type === 'string')
      return problem.type.split(':').at(-1) ?? String(response.status)
  } catch {
    // Not JSON; the status has to do.
  }
  return String(response.status)
}
