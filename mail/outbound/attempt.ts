import { nowMs } from '#system'
import type { Claim } from './claim.ts'
import { openSession, type Patience, type Session } from './connection.ts'
import { MOST_HOPS } from './header.ts'
import { deliverHere, type HereContext } from './here.ts'
import type { Lane, Lanes } from './lanes.ts'
import { QUEUE_ACCOUNT } from './letter.ts'
import type { Transport } from '#mail/transport'
import { DeliveryTrouble, outcomeOf, type Outcome } from './outcome.ts'
import type { Signatures } from './signatures.ts'
import { StaleSession, transmit, type Transmission } from './transmit.ts'

export interface AttemptContext extends HereContext {
  lanes: Lanes
  signatures: Signatures
  transport: Transport
  patience: Patience
  /** Ends every connection. */
  signal: AbortSignal
}

/** How long nobody is asked again where nobody has answered; what waits is then put off together. */
const DOWN_MS = 30_000

/** Recipients in one transaction: what every server has to take (RFC 5321 §4.5.3.1.8). */
const MOST_RECIPIENTS = 100

/** Tries to deliver a letter to its recipients at one domain. Never throws. @returns the outcome for each, in order */
export async function attempt(context: AttemptContext, lane: Lane, claim: Claim): Promise<Outcome[]> {
  const all = (outcome: Outcome): Outcome[] => claim.recipients.map(() => outcome)
  const { config, log } = context
  try {
    if (claim.isHeldBack) return all(outcomeOf('suspended', config.hostname))
    if (claim.envelope.hops > MOST_HOPS) return all(outcomeOf('tooManyHops', config.hostname))
    if (lane.way.isHere)
      return await deliverHere(context, claim, Buffer.concat(await Array.fromAsync(contentOf(context, claim)())))
    const outcomes: Outcome[] = []
    for (let at = 0; at < claim.recipients.length; at += MOST_RECIPIENTS)
      outcomes.push(...(await sendPart(context, lane, claim, at)))
    return outcomes
  } catch (error) {
    if (error instanceof DeliveryTrouble) return all(error.outcome)
    log.error({ letter: claim.letterId, err: error }, 'an attempt to deliver failed')
    return all(outcomeOf('fault', config.hostname))
  }
}

async function sendPart(context: AttemptContext, lane: Lane, claim: Claim, from: number): Promise<Outcome[]> {
  const { lanes, patience, signatures } = context
  const { signedBy, sealedBy } = claim.envelope
  const transmission: Transmission = {
    envelope: claim.envelope,
    size: claim.size,
    recipients: claim.recipients.slice(from, from + MOST_RECIPIENTS).map(({ recipient }) => recipient),
    content: contentOf(context, claim),
    sign: async (form, content) =>
      signedBy === undefined && sealedBy === undefined
        ? ''
        : signatures.of(nameOf(claim), claim.envelope, form, content),
  }
  // Before a connection is made, which would lie idle meanwhile; not for a server that is down.
  if (!isDown(lane)) await transmission.sign('asItIs', transmission.content)
  const send = async (session: Session): Promise<Outcome[]> => {
    const outcomes = await transmit(session, transmission, patience)
    lanes.keep(lane, session)
    return outcomes
  }
  try {
    return await send(lanes.reuse(lane) ?? (await connect(context, lane)))
  } catch (error) {
    if (!(error instanceof StaleSession)) throw error
    return send(await connect(context, lane))
  }
}

/** By which what is the same letter to several is known. */
const nameOf = ({ letterId, fields, recipients: [first] }: Claim): string =>
  fields === '' ? `${letterId}` : `${letterId}/${first?.number}`

/** What is no larger is read once: it is wanted to be signed, and to be sent. */
const HELD_BYTES = 256 * 1024

/** The content of a letter in pieces, as often as it is asked for. */
function contentOf({ storage }: AttemptContext, { size, envelope, fields }: Claim): () => AsyncIterable<Buffer> {
  const read = async function* (): AsyncGenerator<Buffer> {
    if (fields !== '') yield Buffer.from(fields)
    yield* storage.blobs.stream(storage.database.sql, QUEUE_ACCOUNT, envelope.blob)
  }
  if (size > HELD_BYTES) return read
  let held: Promise<Buffer[]> | undefined
  return async function* () {
    yield* await (held ??= Array.fromAsync(read()))
  }
}

const isDown = (lane: Lane): lane is Lane & { down: NonNullable<Lane['down']> } =>
  lane.down !== undefined && lane.down.until > nowMs()

/** @throws DeliveryTrouble */
async function connect({ config, lanes, transport, patience, signal }: AttemptContext, lane: Lane): Promise<Session> {
  if (isDown(lane)) throw new DeliveryTrouble(lane.down.outcome)
  try {
    return await openSession(lane.way, { config, transport, patience, signal })
  } catch (error) {
    if (error instanceof DeliveryTrouble && error.outcome.state === 'later')
      lanes.markDown(lane, nowMs() + DOWN_MS, error.outcome)
    throw error
  }
}
