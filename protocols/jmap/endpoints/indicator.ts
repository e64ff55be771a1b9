import { readMessages } from '#mail'
import type { Indicators, Published } from '#mail/indicators'
import { Refusal } from '#system'
import { reaches } from '../calls/rights.ts'
import type { Visitor, WireContext } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { emailIds } from '../mail/ids.ts'

/**
 * The mark of a letter's sender, where a certificate authority vouches for it. docs/jmap-extensions.md.
 * @throws Refusal 'forbidden'; 'notFound', also for a mark that cannot be verified
 */
export async function indicator(indicators: Indicators, visitor: Visitor, c: WireContext): Promise<Response> {
  // A letter that names this address itself is not fetched for.
  const isOurs = c.req.header('sec-fetch-site') === 'same-origin' || c.req.header('x-zegel') === '1'
  if (!isOurs || !reaches(visitor, 'mail')) throw new Refusal('forbidden')
  if (c.req.param('accountId') !== accountIdOf(visitor.accountId)) throw new Refusal('notFound')
  const [message] = await readMessages(visitor.account, emailIds.numbersOf([c.req.param('emailId') ?? '']))
  const published = message?.summary?.verdict?.findings.find(({ name }) => name === 'indicator')?.values
  const svg = published === undefined ? undefined : await indicators.find(published as unknown as Published)
  if (svg === undefined) throw new Refusal('notFound')
  return c.body(new Uint8Array(svg), 200, {
    'Content-Type': 'image/svg+xml',
    'Content-Length': String(svg.length),
    'Content-Security-Policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    'Cache-Control': 'private, max-age=86400',
  })
}
