import { probability, readStart, SURE, SUSPICIOUS, teach, UNTAUGHT, type Training } from '#mail/antispam'
import { labelledLetters, type Labelled } from './spam-letters.ts'
import { makeStart } from './spam-start.ts'

const FOLDS = 10
const SEED = 20_260_901

/** Folds that an account's own letters come from, and how many it teaches. */
const OWN_FOLDS = 4
const TAUGHT = [100, 300, 800]

const THRESHOLDS = [SUSPICIOUS, SURE]

interface Judged {
  letter: Labelled
  junk: number
}

/**
 * Cross-validation on labelled mail: no letter is judged by anything that has seen it. First the start alone, made from nine tenths; then a start
 * from five tenths with what an account has taught of four others; then such an account without a start. Features and thresholds were chosen on the letters with
 * even places in their folder: of the others, `held out`, none was looked at before.
 */
export async function spam(): Promise<string[]> {
  const random = numbers(SEED)
  const letters = labelledLetters()
  const heldOut = new Set(letters.filter((_letter, place) => place % 2 === 1))
  const folds: Labelled[][] = Array.from({ length: FOLDS }, () => [])
  for (const [, set] of Map.groupBy(letters, (letter) => letter.set))
    for (const [place, letter] of shuffled(set, random).entries()) folds[place % FOLDS]?.push(letter)

  const results = new Map<string, Judged[]>()
  const judgeAll = (name: string, letters: readonly Labelled[], judge: (features: Uint32Array) => number): void => {
    const list = results.get(name) ?? []
    results.set(name, list)
    for (const letter of letters) list.push({ letter, junk: judge(letter.features) })
  }
  for (const [at, tested] of folds.entries()) {
    const others = [...folds.slice(at + 1), ...folds.slice(0, at)]
    const start = readStart(makeStart(others.flat()))
    judgeAll('start alone', tested, (features) => probability(features, start))
    const half = readStart(makeStart(others.slice(OWN_FOLDS).flat()))
    judgeAll('start of five tenths', tested, (features) => probability(features, half))
    const own = shuffled(others.slice(0, OWN_FOLDS).flat(), random)
    const nothing = readStart(makeStart([]))
    for (const count of TAUGHT) {
      const training = taught(own.slice(0, count))
      judgeAll(`and ${count} taught`, tested, (features) => probability(features, half, training, features))
      if (count === TAUGHT.at(-1))
        judgeAll(`${count} taught alone`, tested, (features) => probability(features, nothing, training, features))
    }
  }
  return [
    `${letters.length} letters, ${letters.filter(({ isJunk }) => isJunk).length} of them junk; ${FOLDS} folds, seed ${SEED}`,
    costsOf(letters),
    ...[...results].flatMap(([name, judged]) => [
      ...figures(`${name}, all`, judged),
      ...figures(
        `${name}, held out`,
        judged.filter(({ letter }) => heldOut.has(letter)),
      ),
    ]),
  ]
}

/** As the account's part learns them; here nothing is keyed, for nothing is kept. */
const taught = (letters: readonly Labelled[]): Training =>
  teach(
    UNTAUGHT,
    letters.map(({ features, isJunk }) => ({ features, isJunk, isUndone: false })),
  )

function figures(name: string, judged: readonly Judged[]): string[] {
  const junk = judged.filter(({ letter }) => letter.isJunk)
  const good = judged.filter(({ letter }) => !letter.isJunk)
  return THRESHOLDS.map((threshold) => {
    const from = (list: readonly Judged[]): Judged[] => list.filter((one) => one.junk >= threshold)
    const [caught, wrong] = [from(junk).length, from(good)]
    const ofNewsletters = wrong.filter(({ letter }) => letter.set === 'hard-ham-1').length
    const percent = (part: number, whole: number, digits: number): string =>
      `${((100 * part) / whole).toFixed(digits)} %`
    return (
      `${name}, from ${threshold}: recall ${percent(caught, junk.length, 1)}, precision ${percent(caught, caught + wrong.length, 2)}, ` +
      `wrongly junk ${wrong.length} of ${good.length} (${percent(wrong.length, good.length, 2)}), of them newsletters ${ofNewsletters}`
    )
  })
}

function costsOf(letters: readonly Labelled[]): string {
  const costs = letters.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b)
  const at = (share: number): string => (costs[Math.floor((costs.length - 1) * share)] as number).toFixed(2)
  return `features of a letter: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((one) => ({ one, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ one }) => one)
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
