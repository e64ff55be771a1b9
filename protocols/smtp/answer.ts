import { onceUntilOver, Refusal, type Log } from '#system'
import { SmtpError } from './reply.ts'

export interface Answering {
  /** Runs a handler and answers with the reply that fits what it threw. */
  answer<T>(work: Promise<T>, callback: (error?: Error | null, result?: T) => void): void
  /** Something could be written again. */
  over(): void
}

/**
 * How handlers answer. A database or disk that takes nothing is said in the log once.
 * @param toReply  the words of a Refusal on this port
 */
export function answering(log: Log, toReply: (refusal: Refusal) => SmtpError): Answering {
  const full = onceUntilOver(
    (message) => log.error({}, message),
    'mail is refused for now: the database or the blob store does not take it',
    'mail is taken again',
  )
  return {
    over: () => full.over(),
    answer(work, callback) {
      work.then(
        (result) => callback(null, result),
        (error: unknown) => {
          if (error instanceof SmtpError) return callback(error)
          if (error instanceof Refusal) {
            if (error.reason === 'unavailable') full.trouble()
            return callback(toReply(error))
          }
          log.error({ err: error }, 'SMTP command failed')
          callback(toReply(new Refusal('unavailable')))
        },
      )
    },
  }
}
