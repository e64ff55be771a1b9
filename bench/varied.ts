import { readdirSync, readFileSync } from 'node:fs'
import { parseMessage, textForIndex } from '#formats/message'

const DATA = new URL('../../shared/data/mail-spamassassin/', import.meta.url)
const SETS = ['easy-ham-2', 'hard-ham-1', 'spam-1']

/** Lines of a letter: as many as real ones have, few mostly and now and then many. */
const FEWEST = 5
const USUAL = 35

/**
 * Makes letters that differ, out of what people wrote: passages of the collection in ../shared/data, with names and numbers
 * of their own, so that the vocabulary grows as a real one does. The same index gives the same letter.
 */
export function variedLetters(): (index: number, to: string) => Buffer {
  const texts = SETS.flatMap((set) =>
    readdirSync(new URL(`${set}/`, DATA)).map(
      (file) => textForIndex(parseMessage(readFileSync(new URL(`${set}/${file}`, DATA))), 20_000).body,
    ),
  )
  const passages = texts
    .map((text) => text.split('\n').filter((line) => line.length > 10))
    .filter(({ length }) => length > 0)
  const words = passages
    .flatMap((lines) => lines.slice(0, 3).join(' ').split(/\s+/))
    .filter((word) => /^[a-z]{3,}$/.test(word))

  return (index, to) => {
    const random = numbers(index)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const person = Math.floor(random() ** 3 * 4000)
    const length = FEWEST + Math.floor(-Math.log(1 - random()) * (USUAL - FEWEST))
    const lines: string[] = []
    while (lines.length < length) {
      const lot = pick(passages)
      const from = Math.floor(random() * lot.length)
      lines.push(...lot.slice(from, from + 12))
    }
    const own = `${name(index)} ${name(index * 7 + 1)} ${index}/${Math.floor(random() * 1e6)}`
    const attachment = random() < 0.1 ? `${pick(words)}-${index}.pdf` : undefined
    const head = [
      `From: ${name(person)} ${name(person + 17)} <${name(person)}@${name(person % 300)}.example>`,
      `To: ${to}`,
      `Subject: ${pick(words)} ${pick(words)} ${pick(words)} ${name(index % 5000)}`,
      `Message-ID: <${index}.${Math.floor(random() * 1e9)}@${name(person % 300)}.example>`,
      'MIME-Version: 1.0',
    ]
    const text = `Content-Type: text/plain; charset=utf-8\n\n${[...lines, own].join('\n')}\n`
    const body =
      attachment === undefined
        ? text
        : `Content-Type: multipart/mixed; boundary=b\n\n--b\n${text}--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="${attachment}"\n\n%PDF\n--b--\n`
    return Buffer.from(`${head.join('\n')}\n${body}`.replace(/\r?\n/g, '\r\n'))
  }
}

const SYLLABLES =
  'ba bo de du fa fi ga go ha hi ka ko la le li lo ma me mi mo na ne ni no pa po ra re ri ro sa se si so ta te ti to va vo wa zo'.split(
    ' ',
  )

function name(number: number): string {
  let [text, rest] = ['', number + 40]
  for (; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) text += SYLLABLES[rest % SYLLABLES.length]
  return text
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
