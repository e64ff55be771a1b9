import { Readable } from 'node:stream'
import type { Envelope, Recipient } from './letter.ts'
import { settle, type ClientError, type Patience, type Session } from './connection.ts'
import { outcomeOf, outcomeOfReply, type Outcome } from './outcome.ts'
import { toSevenBit } from './seven-bit.ts'
import type { Form } from './signatures.ts'

/** What is sent in one transaction. */
export interface Transmission {
  envelope: Envelope
  size: number
  recipients: readonly Recipient[]
  /** The content in pieces, each time it is asked for. */
  content(): AsyncIterable<Buffer>
  /** Fields to put on top of it, for the form in which it leaves. */
  sign(form: Form, content: () => AsyncIterable<Buffer>): Promise<string>
}

/** A used connection may have gone stale: the same attempt may be made over a new one, since no content was sent. */
export class StaleSession extends Error {
  override name = 'StaleSession'
}

/** Beside `Patience.letterMs`: a line slower than this is none. */
const BYTES_PER_MS = 10

/**
 * Sends one letter over a session. Never throws for what the other server does, StaleSession apart.
 * @returns the outcome for each recipient, in their order
 */
export async function transmit(session: Session, letter: Transmission, patience: Patience): Promise<Outcome[]> {
  const { extensions, host } = session
  const all = (outcome: Outcome): Outcome[] => letter.recipients.map(() => outcome)
  const largest = Number(extensions.get('SIZE') ?? 0)
  if (largest > 0 && letter.size > largest) return all(outcomeOf('tooLargeThere', host))
  if (letter.envelope.smtputf8 && !extensions.has('SMTPUTF8')) return all(outcomeOf('needsUtf8', host))

  let content = (): AsyncIterable<Buffer> => letter.content()
  let { size } = letter
  let form: Form = 'asItIs'
  if (letter.envelope.body8bit && !extensions.has('8BITMIME')) {
    // RFC 6152 §3: converted, or given back.
    const converted = toSevenBit(Buffer.concat(await Array.fromAsync(content())))
    if (converted === undefined) return all(outcomeOf('needsEightBit', host))
    content = () => Readable.from([converted])
    size = converted.length
    form = 'sevenBit'
  }
  // Of the bytes as they leave (RFC 6376 §5.3).
  const signatures = await letter.sign(form, content).catch((error: unknown) => {
    session.client.close()
    throw error
  })
  size += signatures.length

  const isReused = session.letters > 0
  let hasBegun = false
  let isOutOfStep = false
  const message = Readable.from(
    (async function* () {
      // The library takes any 2xx for leave to begin: that of a server which answered something twice would shift all
      // replies by one, and what it says of an earlier command would be taken for what it says of the letter.
      isOutOfStep = !(session.client.lastServerResponse || '').startsWith('354')
      if (isOutOfStep) throw new Error('no leave to send the content')
      hasBegun = true
      if (signatures !== '') yield Buffer.from(signatures, 'latin1')
      yield* content()
    })(),
    { objectMode: false },
  )
  session.letters++
  session.decorate = (command) => withParameters(command, session, letter, size)
  const timer = setTimeout(() => session.client.close(), patience.letterMs + letter.size / BYTES_PER_MS)
  try {
    const { response, rejectedErrors = [] } = await send(session, letter, message)
    await settle()
    const how = extensions.has('DSN') ? 'passed' : 'relayed'
    const delivered: Outcome = { ...outcomeOfReply(response, host), how }
    return outcomes(letter.recipients, rejectedErrors as ClientError[], delivered, host)
  } catch (thrown) {
    const error = thrown as ClientError
    // The content could not be read: our fault, and nothing to tell the other server.
    if (error.code === 'ESTREAM' && !isOutOfStep) {
      session.client.close()
      throw error
    }
    const isReply = error.response !== undefined && /^[45]/.test(error.response)
    // Out of step or silent, this session is of no use any more; after a plain reply the next letter may follow.
    if (!isReply || error.command === 'CONN') session.client.close()
    else await reset(session)
    // A connection that lay idle may be closed by now, and replies on one that has got out of step belong to others.
    if (isReused && !hasBegun && (!isReply || error.command === 'DATA')) {
      session.client.close()
      throw new StaleSession('stale', { cause: error })
    }
    if (!isReply) return all(outcomeOf('brokeOff', host))
    const common = outcomeOfReply(error.response as string, host)
    return outcomes(letter.recipients, error.rejectedErrors ?? [], common, host)
  } finally {
    clearTimeout(timer)
    session.decorate = undefined
    message.destroy()
  }
}

const send = (session: Session, { envelope, recipients }: Transmission, message: Readable) =>
  new Promise<{ response: string; rejectedErrors?: Error[] | undefined }>((resolve, reject) => {
    const { client } = session
    // The library says why in the same turn, after its event.
    const ended = (): void => void setImmediate(() => reject(new Error('the connection ended')))
    client.once('end', ended)
    const to = [...new Set(recipients.map(({ address }) => address))]
    client.send({ from: envelope.mailFrom || false, to }, message, (error, info) => {
      client.off('end', ended)
      if (error) reject(error)
      else resolve(info)
    })
  })

/** Ends a transaction that was not carried through, so that the next may begin. */
async function reset({ client }: Session): Promise<void> {
  await settle()
  if (client.destroyed) return
  await new Promise<void>((resolve) => {
    client.once('end', resolve)
    client.reset((error) => {
      client.off('end', resolve)
      if (error) client.close()
      resolve()
    })
  })
}

/** Each recipient's own refusal, and for the others what was said of all. */
function outcomes(
  recipients: readonly Recipient[],
  refusals: readonly ClientError[],
  common: Outcome,
  host: string,
): Outcome[] {
  const refused = new Map(
    refusals.map(({ recipient, response }) => [recipient, outcomeOfReply(response ?? '451', host, true)]),
  )
  return recipients.map(({ address }) => refused.get(address) ?? common)
}

/** MAIL and RCPT with the parameters that the other server has announced; every other command as it is. */
function withParameters(
  command: string,
  { extensions }: Session,
  { envelope, recipients }: Transmission,
  size: number,
): string {
  const has = (keyword: string): boolean => extensions.has(keyword)
  const isMail = command.startsWith('MAIL FROM:<')
  if (!isMail && !command.startsWith('RCPT TO:<')) return command
  const address = command.slice(command.indexOf('<') + 1, command.lastIndexOf('>'))
  const recipient = isMail ? undefined : recipients.find((one) => one.address === address)
  const { ret, envid } = envelope
  const parameters = isMail
    ? [
        has('SIZE') && `SIZE=${size}`,
        has('8BITMIME') && envelope.body8bit && 'BODY=8BITMIME',
        has('SMTPUTF8') && envelope.smtputf8 && 'SMTPUTF8',
        has('REQUIRETLS') && envelope.care === 'proven' && 'REQUIRETLS',
        has('DSN') && ret !== undefined && `RET=${ret}`,
        has('DSN') && envid !== undefined && `ENVID=${xtext(envid)}`,
      ]
    : [
        has('DSN') && recipient?.notify !== undefined && `NOTIFY=${recipient.notify.join(',')}`,
        has('DSN') && recipient?.orcpt !== undefined && `ORCPT=${originalRecipient(recipient.orcpt)}`,
      ]
  const verb = isMail ? 'MAIL FROM' : 'RCPT TO'
  return [`${verb}:<${address}>`, ...parameters.filter((one) => typeof one === 'string')].join(' ')
}

/** RFC 3461 §4.2: the type stands in clear, the address as xtext. */
function originalRecipient(orcpt: string): string {
  const at = orcpt.indexOf(';')
  return at === -1 ? `rfc822;${xtext(orcpt)}` : `${orcpt.slice(0, at)};${xtext(orcpt.slice(at + 1))}`
}

/** RFC 3461 §4: printable ASCII but "+" and "=", all else as "+" and two hexadecimal digits. */
const xtext = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte > 32 && byte < 127 && byte !== 43 && byte !== 61
        ? String.fromCharCode(byte)
        : `+${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
