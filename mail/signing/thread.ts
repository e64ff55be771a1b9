/** Signs letters in a thread of its own, several at a time, each as its pieces come. It starts with a letter, and so imports little. */
import { parentPort } from 'node:worker_threads'
import type { SigningKey } from '#accounts'
import type { Seal } from './arc.ts'
import { letterToSign, type LetterToSign } from './letter.ts'

/** A piece of a letter; with the last one what is wanted of it. */
export interface Piece {
  number: number
  piece: Uint8Array
  last: { keys: readonly SigningKey[]; seal: Seal | undefined; time: number } | undefined
}

/** What is made of the letter, or that the next piece may come. */
export type Answer = { number: number } & ({ fields: string } | { error: unknown } | { next: true })

const port = parentPort
if (port !== null) {
  const letters = new Map<number, LetterToSign>()

  const take = ({ number, piece, last }: Piece): Answer => {
    const letter = letters.get(number) ?? letterToSign()
    letter.add(piece)
    if (last === undefined) {
      letters.set(number, letter)
      return { number, next: true }
    }
    letters.delete(number)
    return { number, fields: letter.sign(last.keys, last.time, last.seal) }
  }

  port.on('message', (message: Piece | { dropped: number }) => {
    if ('dropped' in message) {
      letters.delete(message.dropped)
      return
    }
    try {
      port.postMessage(take(message))
    } catch (error) {
      letters.delete(message.number)
      port.postMessage({ number: message.number, error } satisfies Answer)
    }
  })
}
